-- Days of orders that are their customer's first now, or no more.
insert into analytics.restate_queue (tenant_id, day, cause)
select distinct %(tenant_id)s::bigint, (conversions.occurred_at at time zone %(timezone)s)::date as day, 'sale'
from judgements
join analytics.conversions
    on conversions.tenant_id = %(tenant_id)s and conversions.conversion_id = judgements.conversion_id
where judgements.was_new is not null
order by day
on conflict (tenant_id, day, cause) do update
set requested_at = clock_timestamp()
