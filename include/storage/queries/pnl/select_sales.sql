-- A day's sales in minor units of the tenant's currency, and the share of its events that have a rate.
select
    sales.day,
    sales.orders,
    sales.gross * scale.factor as gross,
    sales.discounts * scale.factor as discounts,
    sales.returns * scale.factor as returns,
    sales.shipping * scale.factor as shipping,
    sales.tax * scale.factor as tax,
    (sales.tips + sales.other) * scale.factor as other_charges,
    sales.reason,
    rated.share
from day_sales as sales
cross join lateral (select power(10::numeric, %(exponent)s::integer) as factor) as scale
join (
    select
        events.day,
        (count(*) filter (where events.currency = %(currency)s::text or rates.rate is not null))::numeric / count(*) as share
    from sales_events as events
    left join analytics.exchange_rates as rates
        on rates.tenant_id = %(tenant_id)s and rates.currency = events.currency and rates.day = events.day
    group by events.day
) as rated on rated.day = sales.day
