-- Orders that sales of the window, or payments for them, may come from. Nearly all were placed in it: only the others are looked at twice.
create temporary table wanted_orders on commit drop as
with others as (
    select order_id
    from analytics.orders
    where
        tenant_id = %(tenant_id)s
        and processed_at >= %(start)s
        and processed_at < %(end)s
        and processed_at is distinct from placed_at
    union
    select order_id
    from analytics.refunds
    where tenant_id = %(tenant_id)s and refunded_at >= %(start)s and refunded_at < %(end)s
    union
    select order_id
    from analytics.orders
    where
        tenant_id = %(tenant_id)s
        and cancelled_at is not null
        and cancelled_at >= %(start)s
        and cancelled_at < %(end)s
    union
    select order_id
    from analytics.order_edits
    where tenant_id = %(tenant_id)s and committed_at >= %(start)s and committed_at < %(end)s
    union
    select order_id
    from analytics.transactions
    where tenant_id = %(tenant_id)s and processed_at >= %(start)s and processed_at < %(end)s
)
select order_id
from analytics.orders
where tenant_id = %(tenant_id)s and placed_at >= %(start)s and placed_at < %(end)s
union all
select order_id
from others
where not exists (
    select 1
    from analytics.orders
    where
        orders.tenant_id = %(tenant_id)s
        and orders.order_id = others.order_id
        and orders.placed_at >= %(start)s
        and orders.placed_at < %(end)s
)
