select tenant_id, slug, status, timezone, currency, db_conn_id
from control.tenants
order by slug
