select topic, webhook_id, coalesce(triggered_at, least(received_at, %(now)s::timestamptz)) as triggered_at, payload
from analytics.webhook_inbox
where tenant_id = %(tenant_id)s and ended_at is null
order by attempts, received_at
limit %(limit)s
