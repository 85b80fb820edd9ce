insert into control.tenant_cogs_config (tenant_id, valid_from, source, settings, cogs_version)
values (%(tenant_id)s, %(valid_from)s, %(settings)s::jsonb ->> 'source', %(settings)s, %(config_version)s)
