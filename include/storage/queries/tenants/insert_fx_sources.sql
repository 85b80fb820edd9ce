insert into control.tenant_fx_sources (tenant_id, source, position, conn_id, path, max_age_days)
values (%(tenant_id)s, %(source)s, %(position)s, %(conn_id)s, %(path)s, %(max_age_days)s)
