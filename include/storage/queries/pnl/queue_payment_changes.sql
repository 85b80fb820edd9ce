-- Days whose payment fees changed payments reach, as far as they are stored: their own, and those on which the order stood
-- for a payment or a refund as long as nobody had told of one.
with changes as (
    delete from analytics.payment_changes where tenant_id = %(tenant_id)s returning *
),
moments as (
    select processed_at as at
    from changes
    union all
    select unnest(array[orders.placed_at, orders.processed_at, orders.cancelled_at])
    from changes
    join analytics.orders on orders.tenant_id = %(tenant_id)s and orders.order_id = changes.order_id
    union all
    select refunds.refunded_at
    from changes
    join analytics.refunds on refunds.tenant_id = %(tenant_id)s and refunds.order_id = changes.order_id
    union all
    select edits.committed_at
    from changes
    join analytics.order_edits as edits on edits.tenant_id = %(tenant_id)s and edits.order_id = changes.order_id
)
insert into analytics.restate_queue (tenant_id, day, cause)
select %(tenant_id)s, stored.day, 'cost'
from (select distinct (at at time zone %(timezone)s)::date as day from moments where at is not null) as days
join (select distinct day from analytics.pnl_daily where tenant_id = %(tenant_id)s) as stored on stored.day = days.day
order by stored.day
on conflict (tenant_id, day, cause) do update
set requested_at = clock_timestamp()
