-- What the shop told and nobody has stored yet: sales are known up to there.
select min(coalesce(triggered_at, received_at)) as oldest
from analytics.webhook_inbox
where tenant_id = %(tenant_id)s and ended_at is null
