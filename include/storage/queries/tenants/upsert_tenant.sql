insert into control.tenants (tenant_id, slug, name, brand, status, timezone, currency, db_conn_id)
values (%(tenant_id)s, %(slug)s, %(name)s, %(brand)s, %(status)s, %(timezone)s, %(currency)s, %(db_conn_id)s)
on conflict (tenant_id) do update
set name = excluded.name,
    brand = excluded.brand,
    status = excluded.status,
    timezone = excluded.timezone,
    currency = excluded.currency,
    db_conn_id = excluded.db_conn_id
