-- The oldest deliveries that were claimed as often as said. What a dead task left in processing is claimed again: the
-- lease of (job, tenant) makes this task the only one that works here. Materialized: as a subquery the planner may run
-- it once per row, and the claim then outgrows its limit.
with oldest as materialized (
    select topic, webhook_id
    from analytics.webhook_inbox
    where tenant_id = %(tenant_id)s and ended_at is null and attempts = %(attempts)s::integer
    order by received_at
    limit %(limit)s
    for update skip locked
)
update analytics.webhook_inbox as inbox
set status = 'processing', attempts = inbox.attempts + 1
from oldest
where
    inbox.tenant_id = %(tenant_id)s
    and inbox.topic = oldest.topic
    and inbox.webhook_id = oldest.webhook_id
returning inbox.topic, inbox.webhook_id, coalesce(inbox.triggered_at, inbox.received_at) as triggered_at, inbox.received_at
