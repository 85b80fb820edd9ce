-- Net sales of the cohorts by age, apart by the month in which they fell, in major units of the tenant's currency. What has
-- no rate is not in it.
select
    date_trunc('month', members.first_day)::date as cohort,
    members.channel,
    events.day - members.first_day as age,
    date_trunc('month', events.day)::date as month,
    sum(net.amount * case when events.currency = %(currency)s::text then 1 else rates.rate end
        / power(10::numeric, coalesce(units.exponent, 2))) as net_sales
from sales_events as events
join cohort_members as members on members.person = events.person
left join unnest(%(currencies)s::text[], %(exponents)s::integer[]) as units (currency, exponent)
    on units.currency = events.currency
left join analytics.exchange_rates as rates
    on rates.tenant_id = %(tenant_id)s and rates.currency = events.currency and rates.day = events.day
cross join lateral (
    select events.gross - events.discounts - events.returns
        + case when %(net_with_shipping)s::boolean then events.shipping else 0 end
        + case when %(net_with_tax)s::boolean then events.tax else 0 end as amount
) as net
group by 1, 2, 3, 4
having sum(net.amount) is not null
