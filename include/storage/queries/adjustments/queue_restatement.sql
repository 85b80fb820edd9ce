insert into analytics.restate_queue (tenant_id, day, cause)
select %(tenant_id)s, day, 'refund'
from unnest(%(days)s::date[]) as day
on conflict do nothing
