select source, position, conn_id, path, max_age_days
from control.tenant_fx_sources
where tenant_id = %(tenant_id)s
order by position
