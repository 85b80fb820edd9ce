-- Orders to pack and their pieces by the day of the order, and refunds that sent goods back by the day of the refund. An
-- order that was cancelled never left; one of gift cards alone has nothing to pack.
select
    events.day,
    count(*) filter (where events.kind = 'sale' and goods.is_parcel) as orders,
    coalesce(sum(goods.pieces) filter (where events.kind = 'sale' and goods.is_parcel), 0)::bigint as items,
    count(*) filter (where events.kind = 'sale' and goods.is_parcel and goods.lines = 0) as orders_without_lines,
    count(*) filter (where events.kind = 'refund' and refunds.restocked) as returns
from sales_events as events
join sold_orders as sold on sold.order_id = events.order_id
left join analytics.refunds
    on refunds.tenant_id = %(tenant_id)s and events.kind = 'refund' and refunds.refund_id = events.event_id
cross join lateral (
    select
        count(*) as lines,
        coalesce(sum(lines.quantity) filter (where not lines.gift_card), 0) as pieces,
        sold.cancelled_at is null
            and (count(*) = 0 or coalesce(sum(lines.quantity) filter (where not lines.gift_card), 0) > 0) as is_parcel
    from analytics.order_lines as lines
    where lines.tenant_id = %(tenant_id)s and lines.order_id = events.order_id
) as goods
where events.kind in ('sale', 'refund')
group by events.day
