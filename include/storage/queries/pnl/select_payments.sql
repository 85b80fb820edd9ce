-- What each gateway captured and paid back per day, in minor units of the tenant's currency. An order whose fee the gateway
-- told is not estimated: its fees count on the days of its transactions.
with told as (
    select distinct transactions.order_id
    from sold_orders
    join analytics.transactions
        on transactions.tenant_id = %(tenant_id)s
        and transactions.order_id = sold_orders.order_id
        and transactions.fee_minor is not null
    where %(actual_fees)s::boolean
),
moved as (
    select
        events.day,
        orders.gateway,
        events.currency,
        (events.kind = 'sale')::integer as payments,
        case when events.kind in ('sale', 'edit') then paid.amount else 0 end as captured,
        case when events.kind in ('refund', 'cancellation') then -paid.amount else 0 end as refunded,
        0 as fees
    from sales_events as events
    join analytics.orders on orders.tenant_id = %(tenant_id)s and orders.order_id = events.order_id
    cross join lateral (
        select
            events.gross - events.discounts - events.returns + events.shipping + events.tax + events.tips + events.other
            + events.gift_cards as amount
    ) as paid
    where paid.amount <> 0 and not exists (select 1 from told where told.order_id = events.order_id)
    union all
    select
        (transactions.processed_at at time zone %(timezone)s)::date,
        coalesce(transactions.gateway, orders.gateway),
        transactions.currency,
        0,
        0,
        0,
        transactions.fee_minor
    from analytics.transactions
    join analytics.orders on orders.tenant_id = %(tenant_id)s and orders.order_id = transactions.order_id
    where
        %(actual_fees)s::boolean
        and transactions.tenant_id = %(tenant_id)s
        and transactions.processed_at >= %(start)s
        and transactions.processed_at < %(end)s
        and transactions.fee_minor is not null
        and not orders.test
)
select
    moved.day,
    moved.gateway,
    sum(moved.payments)::bigint as payments,
    coalesce(sum(moved.captured * worth.rate), 0) as captured,
    coalesce(sum(moved.refunded * worth.rate), 0) as refunded,
    coalesce(sum(moved.fees * worth.rate), 0) as actual_fees,
    min(case when worth.rate is null
             then coalesce(rates.reason, 'no rate of ' || moved.currency || ' on ' || moved.day || ': run sync_fx_rates')
        end) as without_rate
from moved
left join analytics.exchange_rates as rates
    on rates.tenant_id = %(tenant_id)s and rates.currency = moved.currency and rates.day = moved.day
left join unnest(%(currencies)s::text[], %(exponents)s::integer[]) as units (currency, exponent)
    on units.currency = moved.currency
cross join lateral (
    select
        case
            when moved.currency = %(currency)s::text then 1
            else rates.rate * power(10::numeric, %(exponent)s::integer - coalesce(units.exponent, 2))
        end as rate
) as worth
group by moved.day, moved.gateway
order by moved.day, moved.gateway
