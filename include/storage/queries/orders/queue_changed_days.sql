-- Local days on which figures have the orders about to change, or just changed: run before and after, both count.
insert into analytics.restate_queue (tenant_id, day, cause)
select distinct %(tenant_id)s::bigint, (happened.at at time zone %(timezone)s)::date as day, 'sale'
from order_changes
join analytics.orders on orders.tenant_id = %(tenant_id)s and orders.order_id = order_changes.order_id
cross join lateral (values (orders.placed_at), (orders.processed_at), (orders.cancelled_at)) as happened (at)
where (order_changes.rewritten or order_changes.inserted) and happened.at is not null
order by day
on conflict (tenant_id, day, cause) do update
set requested_at = clock_timestamp()
