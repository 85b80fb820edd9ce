insert into control.tenant_formula_preferences (tenant_id, valid_from, preferences, preference_version)
values (%(tenant_id)s, %(valid_from)s, %(settings)s, %(config_version)s)
