insert into control.tenant_cost_config (tenant_id, valid_from, settings, cost_version)
values (%(tenant_id)s, %(valid_from)s, %(settings)s, %(config_version)s)
