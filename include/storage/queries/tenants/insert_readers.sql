insert into control.reader_tenants (tenant_id, role)
values (%(tenant_id)s, %(role)s)
