select run_id, task_id, map_index, expires_at
from analytics.leases
where tenant_id = %(tenant_id)s and job = %(job)s
