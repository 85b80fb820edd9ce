-- Days whose figures hold money of which a unit is worth something else now: of spend, of what happened to orders, of unit
-- costs that profit has them by, and of what was taken back from credit, which keeps the rate of its order's day. start and
-- end: the instants around all changed days. The tenant's own currency never changes.
insert into analytics.restate_queue (tenant_id, day, cause)
with changed as (
    select currency, day
    from unnest(%(currencies)s::text[], %(days)s::date[]) as changed (currency, day)
),
foreign_orders as not materialized (
    select order_id, currency, placed_at, processed_at, cancelled_at
    from analytics.orders
    where tenant_id = %(tenant_id)s and currency = any(%(currencies)s::text[])
),
happened as (
    select currency, placed_at as at
    from foreign_orders
    where placed_at >= %(start)s and placed_at < %(end)s
    union all
    select currency, processed_at
    from foreign_orders
    where processed_at >= %(start)s and processed_at < %(end)s and processed_at is distinct from placed_at
    union all
    select currency, cancelled_at
    from foreign_orders
    where cancelled_at is not null and cancelled_at >= %(start)s and cancelled_at < %(end)s
    union all
    select foreign_orders.currency, refunds.refunded_at
    from analytics.refunds
    join foreign_orders using (order_id)
    where refunds.tenant_id = %(tenant_id)s and refunds.refunded_at >= %(start)s and refunds.refunded_at < %(end)s
    union all
    select foreign_orders.currency, edits.committed_at
    from analytics.order_edits as edits
    join foreign_orders using (order_id)
    where edits.tenant_id = %(tenant_id)s and edits.committed_at >= %(start)s and edits.committed_at < %(end)s
    union all
    select currency, processed_at
    from analytics.transactions
    where
        tenant_id = %(tenant_id)s
        and processed_at >= %(start)s
        and processed_at < %(end)s
        and currency = any(%(currencies)s::text[])
        and fee_minor is not null
),
sold as (
    select (happened.at at time zone %(timezone)s)::date as day
    from happened
    join changed
        on changed.currency = happened.currency and changed.day = (happened.at at time zone %(timezone)s)::date
),
taken_back as (
    select adjustments.refund_date as day
    from analytics.conversions
    join changed
        on changed.currency = conversions.currency
        and changed.day = (conversions.occurred_at at time zone %(timezone)s)::date
    join analytics.credit_adjustments as adjustments
        on adjustments.tenant_id = %(tenant_id)s and adjustments.conversion_id = conversions.conversion_id
    where
        conversions.tenant_id = %(tenant_id)s
        and conversions.occurred_at >= %(start)s
        and conversions.occurred_at < %(end)s
        and conversions.currency = any(%(currencies)s::text[])
),
spent as (
    select spend.report_date as day
    from analytics.ad_spend_daily as spend
    join changed on changed.currency = spend.currency and changed.day = spend.report_date
    where spend.tenant_id = %(tenant_id)s
)
select %(tenant_id)s, day, 'fx'
from (
    select day from spent
    union
    select day from sold
    union
    select day from taken_back
) as moved
order by day
on conflict (tenant_id, day, cause) do update
set requested_at = clock_timestamp()
