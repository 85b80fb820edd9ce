-- Every event of sales of the window [start, end): what an order was when it was placed, what edits changed, what refunds
-- and a cancellation took back, each on the local day on which the order's preferences count it. Minor units of the order's
-- currency, without tax; discounts and returns are positive where they take away. An order's events add up to it.
create temporary table sales_events on commit drop as
with happened as (
    select
        sold.order_id,
        0::bigint as event_id,
        'sale'::text as kind,
        sold.sold_at as at,
        sold.currency,
        sold.is_new,
        sold.person,
        1 as orders,
        sold.gross - coalesce(edits.gross, 0) as gross,
        sold.discounts - coalesce(edits.discounts, 0) as discounts,
        0::bigint as returns,
        sold.shipping,
        sold.tax - coalesce(edits.tax, 0) as tax,
        sold.tips,
        sold.other,
        sold.gift_cards
    from sold_orders as sold
    left join (
        select order_id, sum(gross)::bigint as gross, sum(discounts)::bigint as discounts, sum(tax)::bigint as tax
        from edited
        group by order_id
    ) as edits using (order_id)
    union all
    select
        edited.order_id, edited.edit_id, 'edit',
        case when sold.edits_on_own_day then edited.committed_at else sold.sold_at end,
        sold.currency, sold.is_new, sold.person, 0,
        edited.gross, edited.discounts, 0, 0, edited.tax, 0, 0, 0
    from edited
    join sold_orders as sold using (order_id)
    union all
    select
        refunded.order_id, refunded.refund_id, 'refund',
        case when sold.refunds_on_own_day then refunded.refunded_at else sold.sold_at end,
        sold.currency, sold.is_new, sold.person, 0,
        0, 0, refunded.returns, -refunded.shipping, -refunded.tax, 0, 0, -refunded.gift_cards
    from refunded
    join sold_orders as sold using (order_id)
    union all
    -- A cancellation takes back what refunds, before it or after, leave of the order.
    select
        sold.order_id, 0, 'cancellation',
        case when sold.refunds_on_own_day then sold.cancelled_at else sold.sold_at end,
        sold.currency, sold.is_new, sold.person, 0,
        0, 0,
        sold.gross - sold.discounts - coalesce(refunds.returns, 0),
        coalesce(refunds.shipping, 0) - sold.shipping,
        coalesce(refunds.tax, 0) - sold.tax,
        -sold.tips, -sold.other, coalesce(refunds.gift_cards, 0) - sold.gift_cards
    from sold_orders as sold
    left join (
        select
            order_id,
            sum(returns)::bigint as returns,
            sum(gift_cards)::bigint as gift_cards,
            sum(shipping)::bigint as shipping,
            sum(tax)::bigint as tax
        from refunded
        group by order_id
    ) as refunds using (order_id)
    where sold.cancelled_at is not null
)
select happened.*, (at at time zone %(timezone)s)::date as day
from happened
where at >= %(start)s and at < %(end)s
