-- What the conversions of a day are worth by whether a touch has them, in minor units of the tenant's currency by the rates
-- of the day; rounded as in value_by_day, so that channels sum to it. What has no rate is left out and named, also while
-- it waits for one.
create temporary table day_credit on commit drop as
with by_currency as (
    select
        day,
        currency,
        coalesce(sum(value_minor) filter (where status = 'attributed'), 0) as attributed,
        coalesce(sum(value_minor) filter (where status = 'unattributed'), 0) as unattributed
    from day_conversions
    where status <> 'excluded'
    group by day, currency
)
select
    by_currency.day,
    sum(round(attributed * factors.factor)) as attributed_minor,
    sum(round((attributed + unattributed) * factors.factor) - round(attributed * factors.factor)) as unattributed_minor,
    string_agg(
        by_currency.currency || ': ' || coalesce(rates.reason, 'no rate on ' || by_currency.day || '; run sync_fx_rates'),
        ', ' order by by_currency.currency
    ) filter (where factors.factor = 0) as reason
from by_currency
left join analytics.exchange_rates as rates
    on rates.tenant_id = %(tenant_id)s and rates.currency = by_currency.currency and rates.day = by_currency.day
left join unnest(%(currencies)s::text[], %(exponents)s::integer[]) as units (currency, exponent)
    on units.currency = by_currency.currency
cross join lateral (
    select
        case
            when by_currency.currency = %(currency)s::text then 1
            else coalesce(rates.rate * power(10::numeric, %(exponent)s::integer - coalesce(units.exponent, 2)), 0)
        end as factor
) as factors
group by by_currency.day
