delete from control.tenant_destinations
where tenant_id = %(tenant_id)s and destination_id = %(destination_id)s
