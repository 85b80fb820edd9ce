delete from control.tenant_exports
where tenant_id = %(tenant_id)s and name = %(name)s
