-- A refund moves its own day or its order's, by the tenant's preferences; a cancellation takes back what refunds leave.
insert into analytics.restate_queue (tenant_id, day, cause)
select distinct %(tenant_id)s::bigint, (happened.at at time zone %(timezone)s)::date as day, 'refund'
from (
    select refunds.refunded_at as at
    from refund_changes
    join analytics.refunds on refunds.tenant_id = %(tenant_id)s and refunds.order_id = refund_changes.order_id
    union all
    select times.at
    from refund_changes
    join analytics.orders on orders.tenant_id = %(tenant_id)s and orders.order_id = refund_changes.order_id
    cross join lateral (values (orders.placed_at), (orders.processed_at), (orders.cancelled_at)) as times (at)
    where times.at is not null
) as happened
order by day
on conflict (tenant_id, day, cause) do update
set requested_at = clock_timestamp()
