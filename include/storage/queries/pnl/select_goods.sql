-- Goods by day and product; worth in minor units of the tenant's currency by the rates of the day. What has none is left out
-- with its cost, and named. Orders that came without lines are one product of their own: nobody knows what was in them.
with events as (
    select
        day, product, currency, pieces, worth, with_cost, unit_cost, is_assumed, reason, kind in ('sale', 'edit') as is_sold
    from goods_events
    union all
    select
        day, '(orders without lines)', currency, orders, gross - discounts - returns, true, null, false, null,
        kind in ('sale', 'edit')
    from sales_events
    where not exists (
        select 1
        from analytics.order_lines as lines
        where lines.tenant_id = %(tenant_id)s and lines.order_id = sales_events.order_id
    )
)
select
    events.day,
    events.product,
    coalesce(sum(events.pieces * events.unit_cost) filter (where with_cost and is_rated), 0) as cost,
    coalesce(sum(events.worth * worth.rate) filter (where unit_cost is null), 0) as uncosted,
    coalesce(sum(events.worth * worth.rate) filter (where is_sold and unit_cost is not null), 0) as sold_costed,
    coalesce(sum(events.worth * worth.rate) filter (where is_sold), 0) as sold,
    coalesce(ceil(round(sum(greatest(events.pieces, 0)) filter (where unit_cost is null and is_rated), 6)), 0)::bigint
        as pieces_uncosted,
    min(events.reason) filter (where is_rated) as without_rate,
    coalesce(ceil(round(sum(-least(events.pieces, 0)) filter (where unit_cost is null and is_rated), 6)), 0)::bigint
        as returned_uncosted,
    coalesce(ceil(round(sum(abs(events.pieces)) filter (where with_cost and is_assumed and is_rated), 6)), 0)::bigint
        as pieces_assumed,
    count(*) as events,
    count(*) filter (where not is_rated) as unrated_events,
    min(case when not is_rated
             then coalesce(rates.reason, 'no rate of ' || events.currency || ' on ' || events.day || ': run sync_fx_rates')
        end) as unrated
from events
left join analytics.exchange_rates as rates
    on rates.tenant_id = %(tenant_id)s and rates.currency = events.currency and rates.day = events.day
left join unnest(%(currencies)s::text[], %(exponents)s::integer[]) as units (currency, exponent)
    on units.currency = events.currency
cross join lateral (
    select
        case
            when events.currency = %(currency)s::text then 1
            else rates.rate * power(10::numeric, %(exponent)s::integer - coalesce(units.exponent, 2))
        end as rate
) as worth
cross join lateral (select worth.rate is not null as is_rated) as known
group by events.day, events.product
order by events.day, events.product
