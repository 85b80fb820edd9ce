-- Orders to pack and their pieces by the day of the order, and refunds that sent goods back by the day of the refund. An
-- order that was cancelled never left, so nothing of it comes back; one of gift cards alone has nothing to pack. Orders in a
-- currency without a rate are left out, as their sales are, and named.
select
    events.day,
    count(*) filter (where is_parcel and is_rated) as orders,
    coalesce(sum(goods.pieces) filter (where is_parcel and is_rated), 0)::bigint as items,
    count(*) filter (where is_parcel and is_rated and goods.lines = 0) as orders_without_lines,
    count(*) filter (where is_return and is_rated) as returns,
    count(*) filter (where (is_parcel or is_return) and not is_rated) as unrated,
    min(case when (is_parcel or is_return) and not is_rated
             then coalesce(rates.reason, 'no rate of ' || events.currency || ' on ' || events.day || ': run sync_fx_rates')
        end) as without_rate
from sales_events as events
join sold_orders as sold on sold.order_id = events.order_id
left join analytics.refunds
    on refunds.tenant_id = %(tenant_id)s and events.kind = 'refund' and refunds.refund_id = events.event_id
left join analytics.exchange_rates as rates
    on rates.tenant_id = %(tenant_id)s and rates.currency = events.currency and rates.day = events.day
cross join lateral (
    select
        count(*) as lines,
        coalesce(sum(lines.quantity) filter (where not lines.gift_card), 0) as pieces
    from analytics.order_lines as lines
    where lines.tenant_id = %(tenant_id)s and lines.order_id = events.order_id
) as goods
cross join lateral (
    select
        events.kind = 'sale' and sold.cancelled_at is null and (goods.lines = 0 or goods.pieces > 0) as is_parcel,
        events.kind = 'refund' and sold.cancelled_at is null and coalesce(refunds.restocked, false) as is_return,
        events.currency = %(currency)s::text or rates.rate is not null as is_rated
) as kinds
where events.kind in ('sale', 'refund')
group by events.day
