select count(distinct day) as days
from analytics.restate_queue
where tenant_id = %(tenant_id)s
