select topic, webhook_id
from analytics.webhook_inbox
where tenant_id = %(tenant_id)s and ended_at is null and attempts >= %(attempts)s::integer
limit %(limit)s
