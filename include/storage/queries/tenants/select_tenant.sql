select tenant_id, slug, name, brand, status, timezone, currency, db_conn_id
from control.tenants
where tenant_id = %(tenant_id)s
