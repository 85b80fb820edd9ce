-- Days on which profit has goods whose unit cost is worth something else now: a sale keeps the rate of its own day, and its
-- edits, refunds and cancellation have its cost. start and end: the instants around all changed days.
insert into analytics.restate_queue (tenant_id, day, cause)
with changed as (
    select currency, day
    from unnest(%(currencies)s::text[], %(days)s::date[]) as changed (currency, day)
),
foreign_costs as (
    select distinct variant_id, sku, currency
    from analytics.product_costs
    where tenant_id = %(tenant_id)s and currency = any(%(currencies)s::text[])
),
concerned as (
    select distinct orders.order_id, orders.placed_at, orders.processed_at, orders.cancelled_at
    from analytics.orders
    cross join lateral (values (orders.placed_at), (orders.processed_at)) as sold (at)
    join changed on changed.day = (sold.at at time zone %(timezone)s)::date
    join foreign_costs as costs on costs.currency = changed.currency
    join analytics.order_lines as lines
        on lines.tenant_id = %(tenant_id)s
        and lines.order_id = orders.order_id
        and (costs.variant_id <> '' and lines.variant_id = costs.variant_id or costs.sku <> '' and lines.sku = costs.sku)
    where
        orders.tenant_id = %(tenant_id)s
        and (orders.placed_at >= %(start)s and orders.placed_at < %(end)s
             or orders.processed_at is distinct from orders.placed_at
             and orders.processed_at >= %(start)s and orders.processed_at < %(end)s)
        and exists (select 1 from foreign_costs)
),
moments as (
    select unnest(array[placed_at, processed_at, cancelled_at]) as at
    from concerned
    union all
    select refunds.refunded_at
    from concerned
    join analytics.refunds on refunds.tenant_id = %(tenant_id)s and refunds.order_id = concerned.order_id
    union all
    select edits.committed_at
    from concerned
    join analytics.order_edits as edits on edits.tenant_id = %(tenant_id)s and edits.order_id = concerned.order_id
)
select %(tenant_id)s, days.day, 'cost'
from (select distinct (at at time zone %(timezone)s)::date as day from moments where at is not null) as days
where exists (
    select 1
    from analytics.pnl_daily as stored
    where stored.tenant_id = %(tenant_id)s and stored.day = days.day
)
order by days.day
on conflict (tenant_id, day, cause) do update
set requested_at = clock_timestamp()
