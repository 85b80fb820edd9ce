-- What the conversions of a day are worth, and what of it no touch has, in minor units of the tenant's currency by the rates
-- of the day. A currency's day is rounded once, each part being what it adds to the rounded running sum. What has no rate
-- is counted, worth nothing, and named.
create temporary table value_by_day on commit drop as
with parts as (
    select
        (occurred_at at time zone %(timezone)s)::date as day,
        currency,
        status,
        coalesce(is_new_customer, false) as is_new,
        count(*) as conversions,
        sum(value_minor) as value
    from analytics.conversions
    where
        tenant_id = %(tenant_id)s
        and occurred_at >= %(start)s
        and occurred_at < %(end)s
        and status in ('attributed', 'unattributed')
    group by 1, 2, 3, 4
),
sums as (
    select
        parts.*,
        sum(value) over (partition by day, currency order by status, is_new desc rows unbounded preceding) as running
    from parts
),
worth as (
    select
        sums.day,
        sums.status,
        sums.is_new,
        sums.conversions,
        round(sums.running * factors.factor) - round((sums.running - sums.value) * factors.factor) as value,
        case
            when factors.factor = 0
                then sums.currency || ': ' || coalesce(rates.reason, 'no rate on ' || sums.day || '; run sync_fx_rates')
        end as reason
    from sums
    left join analytics.exchange_rates as rates
        on rates.tenant_id = %(tenant_id)s and rates.currency = sums.currency and rates.day = sums.day
    left join unnest(%(currencies)s::text[], %(exponents)s::integer[]) as units (currency, exponent)
        on units.currency = sums.currency
    cross join lateral (
        select
            case
                when sums.currency = %(currency)s::text then 1
                else coalesce(rates.rate * power(10::numeric, %(exponent)s::integer - coalesce(units.exponent, 2)), 0)
            end as factor
    ) as factors
)
select
    day,
    is_new,
    sum(conversions)::bigint as conversions,
    sum(value)::bigint as value,
    coalesce(sum(conversions) filter (where status = 'unattributed'), 0)::bigint as unattributed,
    coalesce(sum(value) filter (where status = 'unattributed'), 0)::bigint as unattributed_value,
    string_agg(distinct reason, '; ') filter (where status = 'unattributed') as unattributed_reason
from worth
group by 1, 2
