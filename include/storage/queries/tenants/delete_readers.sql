delete from control.reader_tenants
where tenant_id = %(tenant_id)s and role = %(role)s
