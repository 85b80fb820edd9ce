select source, conn_id, enabled
from control.tenant_sources
where tenant_id = %(tenant_id)s
order by source
