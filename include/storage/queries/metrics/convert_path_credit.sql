-- Credit of orders in other currencies becomes minor units of the tenant's, by the rates of the orders' days. What a day's
-- credit in one currency is worth is rounded once, and a part is what it adds to the rounded running sum, first orders'
-- before the others' as in value_by_day: parts sum to the whole in every model and by both clocks. What has no rate is
-- worth nothing here; create_unrated_credit names it.
with sums as (
    select
        credit.ctid as row_id,
        coalesce(rates.rate * power(10::numeric, %(exponent)s::integer - coalesce(units.exponent, 2)), 0) as factor,
        sum(credit.amount_first) over parts as first,
        sum(credit.amount_last) over parts as last,
        sum(credit.amount_linear) over parts as linear,
        sum(credit.amount_time_decay) over parts as time_decay,
        sum(credit.amount_position) over parts as position,
        sum(credit.amount_data_driven) over parts as data_driven
    from path_credit as credit
    left join analytics.exchange_rates as rates
        on rates.tenant_id = %(tenant_id)s and rates.currency = credit.currency and rates.day = credit.conversion_day
    left join unnest(%(currencies)s::text[], %(exponents)s::integer[]) as units (currency, exponent)
        on units.currency = credit.currency
    where credit.currency <> %(currency)s::text
    window parts as (
        partition by credit.conversion_day, credit.currency
        order by
            credit.is_new desc, credit.touch_day, credit.channel, credit.platform, credit.campaign_id, credit.utm_campaign,
            credit.is_view
        rows unbounded preceding
    )
)
update path_credit as credit
set
    amount_first = round(sums.first * factor) - round((sums.first - credit.amount_first) * factor),
    amount_last = round(sums.last * factor) - round((sums.last - credit.amount_last) * factor),
    amount_linear = round(sums.linear * factor) - round((sums.linear - credit.amount_linear) * factor),
    amount_time_decay = round(sums.time_decay * factor) - round((sums.time_decay - credit.amount_time_decay) * factor),
    amount_position = round(sums.position * factor) - round((sums.position - credit.amount_position) * factor),
    amount_data_driven = round(sums.data_driven * factor) - round((sums.data_driven - credit.amount_data_driven) * factor)
from sums
where credit.ctid = sums.row_id
