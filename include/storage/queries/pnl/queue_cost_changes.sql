-- Days whose profit and loss changed unit costs reach: those of the sale, the edits, the refunds and the cancellation of
-- every order that holds such goods, as far as they are stored. all_sales: the newest cost is every sale's. The first cost that
-- is known is also that of the sales before it.
with changes as (
    delete from analytics.product_cost_changes where tenant_id = %(tenant_id)s returning *
),
concerned as (
    select distinct lines.order_id
    from changes
    join analytics.order_lines as lines
        on lines.tenant_id = %(tenant_id)s
        and (changes.variant_id <> '' and lines.variant_id = changes.variant_id
             or changes.sku <> '' and lines.sku = changes.sku)
    join analytics.orders on orders.tenant_id = %(tenant_id)s and orders.order_id = lines.order_id
    where
        %(all_sales)s::boolean
        or (
            greatest(orders.placed_at, orders.processed_at) >= changes.valid_from
            or not exists (
                select 1
                from analytics.product_costs as earlier
                where
                    earlier.tenant_id = %(tenant_id)s
                    and earlier.variant_id = changes.variant_id
                    and earlier.sku = changes.sku
                    and earlier.valid_from < changes.valid_from
            )
        )
        and (changes.valid_to is null or least(orders.placed_at, orders.processed_at) < changes.valid_to)
),
moments as (
    select unnest(array[orders.placed_at, orders.processed_at, orders.cancelled_at]) as at
    from concerned
    join analytics.orders on orders.tenant_id = %(tenant_id)s and orders.order_id = concerned.order_id
    union all
    select refunds.refunded_at
    from concerned
    join analytics.refunds on refunds.tenant_id = %(tenant_id)s and refunds.order_id = concerned.order_id
    union all
    select edits.committed_at
    from concerned
    join analytics.order_edits as edits on edits.tenant_id = %(tenant_id)s and edits.order_id = concerned.order_id
)
insert into analytics.restate_queue (tenant_id, day, cause)
select %(tenant_id)s, stored.day, 'cost'
from (select distinct (at at time zone %(timezone)s)::date as day from moments where at is not null) as days
join (select distinct day from analytics.pnl_daily where tenant_id = %(tenant_id)s) as stored on stored.day = days.day
on conflict (tenant_id, day, cause) do update
set requested_at = clock_timestamp()
