insert into analytics.restate_queue (tenant_id, day, cause)
select %(tenant_id)s, day, 'view_through'
from unnest(%(days)s::date[]) as day
on conflict (tenant_id, day, cause) do update
set requested_at = clock_timestamp()
