-- What refunds and cancellations took back of credit, on the day on which the preferences of the order's day count it: by the
-- touch clock a day of the order is the touch's. Minor units of the tenant's currency by the rate of the order's day, at which
-- its credit was converted: what is given back wholly leaves nothing. What the refunds of a day took back of another day's
-- orders in one currency is rounded once, as in convert_path_credit.
create temporary table adjusted_by_day on commit drop as
with taken as (
    select
        adjustments.order_date,
        adjustments.refund_date,
        refunds.on_own_day,
        case
            when refunds.on_own_day then adjustments.refund_date
            else coalesce((touchpoints.occurred_at at time zone %(timezone)s)::date, adjustments.order_date)
        end as touch_day,
        coalesce(touchpoints.channel, '(unattributed)') as channel,
        case when campaign.is_met then touchpoints.platform else '' end as platform,
        case when campaign.is_met then touchpoints.campaign_id else '' end as campaign_id,
        case when campaign.is_met then '' else coalesce(touchpoints.campaign, '') end as utm_campaign,
        conversions.currency,
        sum(adjustments.amount_first_minor) as amount_first,
        sum(adjustments.amount_last_minor) as amount_last,
        sum(adjustments.amount_linear_minor) as amount_linear,
        sum(adjustments.amount_time_decay_minor) as amount_time_decay,
        sum(adjustments.amount_position_minor) as amount_position,
        sum(adjustments.amount_data_driven_minor) as amount_data_driven
    from analytics.credit_adjustments as adjustments
    join analytics.conversions
        on conversions.tenant_id = %(tenant_id)s and conversions.conversion_id = adjustments.conversion_id
    left join analytics.touchpoints
        on touchpoints.tenant_id = %(tenant_id)s and touchpoints.touchpoint_id = adjustments.touchpoint_id
    left join known_campaigns as known
        on known.platform = touchpoints.platform and known.campaign_id = touchpoints.campaign_id
    cross join lateral (
        select touchpoints.campaign_match is not null or known.campaign_id is not null as is_met
    ) as campaign
    -- Without a change the number is a constant, and the switch with it.
    cross join lateral (
        select
            case
                when cardinality(%(changes)s::timestamptz[]) = 0 then 1
                else width_bucket(adjustments.order_date::timestamp at time zone %(timezone)s, %(changes)s::timestamptz[]) + 1
            end as number
    ) as rule
    cross join lateral (select (%(refunds_on_own_day)s::boolean[])[rule.number] as on_own_day) as refunds
    where
        adjustments.tenant_id = %(tenant_id)s
        and case
            when refunds.on_own_day
                then adjustments.refund_date >= %(first)s and adjustments.refund_date < %(last)s
            else adjustments.order_date >= %(first)s and adjustments.order_date < %(lookback_last)s
        end
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9
),
sums as (
    select
        taken.*,
        sum(amount_first) over parts as first,
        sum(amount_last) over parts as last,
        sum(amount_linear) over parts as linear,
        sum(amount_time_decay) over parts as time_decay,
        sum(amount_position) over parts as position,
        sum(amount_data_driven) over parts as data_driven
    from taken
    window parts as (
        partition by order_date, refund_date, currency
        order by touch_day, channel, platform, campaign_id, utm_campaign
        rows unbounded preceding
    )
),
worth as (
    select
        sums.order_date,
        sums.refund_date,
        sums.on_own_day,
        sums.touch_day,
        sums.channel,
        sums.platform,
        sums.campaign_id,
        sums.utm_campaign,
        round(sums.first * factor) - round((sums.first - sums.amount_first) * factor) as amount_first,
        round(sums.last * factor) - round((sums.last - sums.amount_last) * factor) as amount_last,
        round(sums.linear * factor) - round((sums.linear - sums.amount_linear) * factor) as amount_linear,
        round(sums.time_decay * factor) - round((sums.time_decay - sums.amount_time_decay) * factor) as amount_time_decay,
        round(sums.position * factor) - round((sums.position - sums.amount_position) * factor) as amount_position,
        round(sums.data_driven * factor) - round((sums.data_driven - sums.amount_data_driven) * factor) as amount_data_driven,
        case
            when factors.factor = 0
                then sums.currency || ': ' || coalesce(rates.reason, 'no rate on ' || sums.order_date || '; run sync_fx_rates')
        end as reason
    from sums
    left join analytics.exchange_rates as rates
        on rates.tenant_id = %(tenant_id)s and rates.currency = sums.currency and rates.day = sums.order_date
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
    clocks.clock,
    clocks.day,
    worth.channel,
    worth.platform,
    worth.campaign_id,
    worth.utm_campaign,
    sum(worth.amount_first)::bigint as amount_first,
    sum(worth.amount_last)::bigint as amount_last,
    sum(worth.amount_linear)::bigint as amount_linear,
    sum(worth.amount_time_decay)::bigint as amount_time_decay,
    sum(worth.amount_position)::bigint as amount_position,
    sum(worth.amount_data_driven)::bigint as amount_data_driven,
    string_agg(distinct worth.reason, '; ') as reason
from worth
cross join lateral (
    values
        ('conversion', case when worth.on_own_day then worth.refund_date else worth.order_date end),
        ('touch', worth.touch_day)
) as clocks (clock, day)
where clocks.day >= %(first)s and clocks.day < %(last)s
group by 1, 2, 3, 4, 5, 6
