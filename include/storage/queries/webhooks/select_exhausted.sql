select topic, webhook_id
from analytics.webhook_inbox
where tenant_id = %(tenant_id)s and status in ('queued', 'processing') and attempts >= %(attempts)s::integer
limit %(limit)s
