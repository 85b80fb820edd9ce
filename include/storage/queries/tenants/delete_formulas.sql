delete from control.tenant_formula_preferences
where tenant_id = %(tenant_id)s and valid_from = %(valid_from)s
