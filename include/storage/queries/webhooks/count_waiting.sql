select count(*) as waiting
from analytics.webhook_inbox
where tenant_id = %(tenant_id)s and ended_at is null
