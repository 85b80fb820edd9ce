-- Sales and sessions by the hour of the tenant's clock: the hour that is there twice when clocks go back is two rows. Money
-- in a currency without a rate that day is left out, as in the day.
create temporary table stage_hours on commit drop as
with by_currency as (
    select
        date_trunc('hour', at, %(timezone)s) as hour,
        day,
        currency,
        sum(orders) as orders,
        sum(orders) filter (where is_new) as new_customer_orders,
        sum(gross) as gross,
        sum(discounts) as discounts,
        sum(returns) as returns,
        sum(shipping) as shipping,
        sum(tax) as tax,
        sum(tips + other) as further
    from sales_events
    where day >= %(first)s and day < %(last)s
    group by 1, 2, 3
),
rated as (
    select
        by_currency.*,
        case when by_currency.currency = %(currency)s::text then 1 else rates.rate end
            / power(10::numeric, coalesce(units.exponent, 2)) as factor,
        case
            when by_currency.currency <> %(currency)s::text and rates.rate is null
                then by_currency.currency || ': '
                    || coalesce(rates.reason, 'no rate on ' || by_currency.day || '; run sync_fx_rates')
        end as reason
    from by_currency
    left join unnest(%(currencies)s::text[], %(exponents)s::integer[]) as units (currency, exponent)
        on units.currency = by_currency.currency
    left join analytics.exchange_rates as rates
        on rates.tenant_id = %(tenant_id)s and rates.currency = by_currency.currency and rates.day = by_currency.day
),
sold as (
    select
        hour,
        sum(orders)::bigint as orders,
        coalesce(sum(new_customer_orders), 0)::bigint as new_customer_orders,
        sum(gross * factor) as gross,
        sum(discounts * factor) as discounts,
        sum(returns * factor) as returns,
        sum(shipping * factor) as shipping,
        sum(tax * factor) as tax,
        sum(further * factor) as further,
        string_agg(reason, ', ' order by reason) as reason
    from rated
    group by hour
),
visited as (
    select
        date_trunc('hour', occurred_at, %(timezone)s) as hour,
        count(*) as sessions
    from analytics.touchpoints
    where tenant_id = %(tenant_id)s and occurred_at >= %(start)s and occurred_at < %(end)s and type = 'click'
    group by 1
)
select
    %(tenant_id)s::bigint as tenant_id,
    hour,
    (hour at time zone %(timezone)s)::date as day,
    %(currency)s::text as currency,
    coalesce(sold.orders, 0)::bigint as orders,
    round(case when sold.hour is null then 0 else sold.gross end, 6)::numeric(20, 6) as gross,
    round(case when sold.hour is null then 0 else sold.discounts end, 6)::numeric(20, 6) as discounts,
    round(case when sold.hour is null then 0 else sold.returns end, 6)::numeric(20, 6) as returns,
    round(case when sold.hour is null then 0 else
        sold.gross - sold.discounts - sold.returns
        + case when %(net_with_shipping)s::boolean then sold.shipping else 0 end
        + case when %(net_with_tax)s::boolean then sold.tax else 0 end
    end, 6)::numeric(20, 6) as net_sales,
    round(case when sold.hour is null then 0 else
        sold.gross - sold.discounts - sold.returns + sold.shipping + sold.tax + sold.further
    end, 6)::numeric(20, 6) as total_sales,
    coalesce(sold.new_customer_orders, 0)::bigint as new_customer_orders,
    coalesce(visited.sessions, 0)::bigint as sessions,
    sold.reason as incomplete,
    %(preference_version)s::bigint as preference_version,
    %(catalogue_version)s::bigint as catalogue_version,
    %(run_id)s::text as run_id,
    %(now)s::timestamptz as changed_at
from sold
full join visited using (hour)
