select count(*) as waiting
from analytics.webhook_inbox
where tenant_id = %(tenant_id)s and status in ('queued', 'processing')
