delete from control.operating_costs
where tenant_id = %(tenant_id)s and name = %(name)s and valid_from = %(valid_from)s
