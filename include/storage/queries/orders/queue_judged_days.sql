-- Days on which figures have orders that are their customer's first now, or no more: the order's, and those on which it was
-- changed or taken back.
insert into analytics.restate_queue (tenant_id, day, cause)
select distinct %(tenant_id)s::bigint, (happened.at at time zone %(timezone)s)::date as day, 'sale'
from judgements
join analytics.conversions
    on conversions.tenant_id = %(tenant_id)s and conversions.conversion_id = judgements.conversion_id
join analytics.orders on orders.tenant_id = %(tenant_id)s and orders.order_id = conversions.order_id
cross join lateral (
    values (conversions.occurred_at), (orders.processed_at), (orders.cancelled_at)
    union all
    select refunded_at from analytics.refunds where refunds.tenant_id = %(tenant_id)s and refunds.order_id = orders.order_id
    union all
    select committed_at from analytics.order_edits where order_edits.tenant_id = %(tenant_id)s and order_edits.order_id = orders.order_id
) as happened (at)
where judgements.was_new is not null and happened.at is not null
order by day
on conflict (tenant_id, day, cause) do update
set requested_at = clock_timestamp()
