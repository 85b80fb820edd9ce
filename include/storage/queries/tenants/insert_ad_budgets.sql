insert into control.tenant_ad_budgets (tenant_id, valid_from, settings, budget_version)
values (%(tenant_id)s, %(valid_from)s, %(settings)s, %(config_version)s)
