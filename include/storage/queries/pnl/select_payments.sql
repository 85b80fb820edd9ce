-- What each gateway captured and paid back per day, in minor units of the tenant's currency. Where the shop tells an order's
-- payments each is one, on its own day at its own gateway, with the fee that the gateway told or an estimate; of other orders
-- the order is taken for one payment. Refunds likewise. What an edit takes away is paid back.
with told as (
    select
        transactions.order_id,
        transactions.kind,
        transactions.processed_at,
        coalesce(transactions.gateway, orders.gateway) as gateway,
        transactions.currency,
        transactions.amount_minor,
        case when %(actual_fees)s::boolean then transactions.fee_minor end as fee_minor
    from sold_orders
    join analytics.orders on orders.tenant_id = %(tenant_id)s and orders.order_id = sold_orders.order_id
    join analytics.transactions
        on transactions.tenant_id = %(tenant_id)s and transactions.order_id = sold_orders.order_id
),
known as (
    select order_id, bool_or(kind in ('sale', 'capture')) as payments, bool_or(kind = 'refund') as refunds
    from told
    group by order_id
),
moved as (
    select
        events.day,
        orders.gateway,
        events.currency,
        (events.kind = 'sale')::integer as payments,
        case when is_capture then paid.amount else 0 end as captured,
        case when is_capture then 0 else -paid.amount end as refunded,
        0 as fees
    from sales_events as events
    join analytics.orders on orders.tenant_id = %(tenant_id)s and orders.order_id = events.order_id
    left join known on known.order_id = events.order_id
    cross join lateral (
        select
            events.gross - events.discounts - events.returns + events.shipping + events.tax + events.tips + events.other
            + events.gift_cards as amount
    ) as paid
    cross join lateral (
        select events.kind = 'sale' or events.kind = 'edit' and paid.amount > 0 as is_capture
    ) as direction
    where
        paid.amount <> 0
        and not (case when is_capture then coalesce(known.payments, false) else coalesce(known.refunds, false) end)
    union all
    select
        (processed_at at time zone %(timezone)s)::date,
        gateway,
        currency,
        (fee_minor is null and kind in ('sale', 'capture'))::integer,
        case when fee_minor is null and kind in ('sale', 'capture') then amount_minor else 0 end,
        case when fee_minor is null and kind = 'refund' then amount_minor else 0 end,
        coalesce(fee_minor, 0)
    from told
    where processed_at >= %(start)s and processed_at < %(end)s
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
