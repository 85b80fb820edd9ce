select conversion_id
from analytics.attribution_queue
where tenant_id = %(tenant_id)s and due_at <= %(due_at)s
limit %(limit)s
