insert into analytics.restate_queue (tenant_id, day, cause)
select %(tenant_id)s, day, 'refund'
from unnest(%(days)s::date[]) as day
-- Touching a waiting row makes whoever works it wait for this transaction, so that no change slips by.
on conflict (tenant_id, day, cause) do update
set requested_at = clock_timestamp()
