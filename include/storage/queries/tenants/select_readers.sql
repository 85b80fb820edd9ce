select role::text as role
from control.reader_tenants
where tenant_id = %(tenant_id)s
order by role
