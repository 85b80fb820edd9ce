delete from control.tenant_cost_config
where tenant_id = %(tenant_id)s and valid_from = %(valid_from)s
