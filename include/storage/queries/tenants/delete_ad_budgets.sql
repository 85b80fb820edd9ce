delete from control.tenant_ad_budgets
where tenant_id = %(tenant_id)s and valid_from = %(valid_from)s
