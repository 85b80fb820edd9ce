-- Events added up by day in major units of the tenant's currency, by the rates of their own days. What has no rate is left
-- out and named. rated_events 0 with unrated_orders: nothing of the day's money is known.
create temporary table day_sales on commit drop as
with by_currency as (
    select
        day,
        currency,
        sum(orders) as orders,
        count(*) filter (where kind = 'cancellation') as cancelled_orders,
        sum(orders) filter (where is_new) as new_customer_orders,
        sum(orders) filter (where not is_new) as returning_customer_orders,
        sum(orders) filter (where is_new is null) as unknown_customer_orders,
        count(*) as events,
        sum(gross) as gross,
        sum(discounts) as discounts,
        sum(returns) as returns,
        sum(shipping) as shipping,
        sum(tax) as tax,
        sum(tips) as tips,
        sum(other) as other,
        sum(gift_cards) as gift_cards,
        sum(gross - discounts + shipping + tax + tips + other) filter (where kind in ('sale', 'edit')) as order_value,
        sum(net.amount) filter (where is_new) as new_net_sales,
        sum(net.amount) filter (where not is_new) as returning_net_sales
    from sales_events
    cross join lateral (
        select gross - discounts - returns
            + case when %(net_with_shipping)s::boolean then shipping else 0 end
            + case when %(net_with_tax)s::boolean then tax else 0 end as amount
    ) as net
    group by day, currency
),
rated as (
    select
        by_currency.*,
        worth.rate / power(10::numeric, coalesce(units.exponent, 2)) as factor,
        case when worth.rate is null then 1 else 0 end as unrated,
        by_currency.currency || ': ' || coalesce(rates.reason, 'no rate on ' || by_currency.day || '; run sync_fx_rates')
            as reason
    from by_currency
    left join unnest(%(currencies)s::text[], %(exponents)s::integer[]) as units (currency, exponent)
        on units.currency = by_currency.currency
    left join analytics.exchange_rates as rates
        on rates.tenant_id = %(tenant_id)s and rates.currency = by_currency.currency and rates.day = by_currency.day
    cross join lateral (
        select case when by_currency.currency = %(currency)s::text then 1 else rates.rate end as rate
    ) as worth
)
select
    day,
    sum(orders)::bigint as orders,
    sum(orders * (1 - unrated))::bigint as priced_orders,
    sum(cancelled_orders)::bigint as cancelled_orders,
    coalesce(sum(new_customer_orders), 0)::bigint as new_customer_orders,
    coalesce(sum(returning_customer_orders), 0)::bigint as returning_customer_orders,
    coalesce(sum(unknown_customer_orders), 0)::bigint as unknown_customer_orders,
    round(sum(gross * factor), 6) as gross,
    round(sum(discounts * factor), 6) as discounts,
    round(sum(returns * factor), 6) as returns,
    round(sum(shipping * factor), 6) as shipping,
    round(sum(tax * factor), 6) as tax,
    round(sum(tips * factor), 6) as tips,
    round(sum(other * factor), 6) as other,
    round(sum(gift_cards * factor), 6) as gift_cards,
    round(sum(coalesce(order_value, 0) * factor), 6) as order_value,
    round(sum(coalesce(new_net_sales, 0) * factor), 6) as new_net_sales,
    round(sum(coalesce(returning_net_sales, 0) * factor), 6) as returning_net_sales,
    string_agg(reason, ', ' order by reason) filter (where unrated = 1) as reason
from rated
group by day
