-- Days of the conversions of a slice whose credit or status was just written.
insert into analytics.restate_queue (tenant_id, day, cause)
select distinct %(tenant_id)s::bigint, (conversions.occurred_at at time zone %(timezone)s)::date as day, 'credit'
from stage_conversions
join analytics.conversions using (conversion_id)
where
    conversions.tenant_id = %(tenant_id)s
    and conversions.occurred_at >= %(start)s
    and conversions.occurred_at < %(end)s
order by day
on conflict (tenant_id, day, cause) do update
set requested_at = clock_timestamp()
