insert into control.tenant_sources (tenant_id, source, conn_id, enabled)
values (%(tenant_id)s, %(source)s, %(conn_id)s, %(enabled)s)
