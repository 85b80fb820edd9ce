insert into control.tenant_attribution_config (tenant_id, valid_from, settings, config_version)
values (%(tenant_id)s, %(valid_from)s, %(settings)s, %(config_version)s)
