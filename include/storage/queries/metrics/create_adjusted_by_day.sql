-- What refunds and cancellations took back of credit, on the day on which the preferences of the order's day count it: by the
-- touch clock a day of the order is the touch's.
create temporary table adjusted_by_day on commit drop as
select
    clocks.clock,
    clocks.day,
    coalesce(touchpoints.channel, '(unattributed)') as channel,
    case when touchpoints.campaign_match is null then '' else touchpoints.platform end as platform,
    case when touchpoints.campaign_match is null then '' else touchpoints.campaign_id end as campaign_id,
    case when touchpoints.campaign_match is null then coalesce(touchpoints.campaign, '') else '' end as utm_campaign,
    sum(adjustments.amount_first_minor)::bigint as amount_first,
    sum(adjustments.amount_last_minor)::bigint as amount_last,
    sum(adjustments.amount_linear_minor)::bigint as amount_linear,
    sum(adjustments.amount_time_decay_minor)::bigint as amount_time_decay,
    sum(adjustments.amount_position_minor)::bigint as amount_position,
    sum(adjustments.amount_data_driven_minor)::bigint as amount_data_driven
from analytics.credit_adjustments as adjustments
left join analytics.touchpoints
    on touchpoints.tenant_id = %(tenant_id)s and touchpoints.touchpoint_id = adjustments.touchpoint_id
-- Without a change the number is a constant, and the switch with it.
cross join lateral (
    select
        case
            when cardinality(%(changes)s::timestamptz[]) = 0 then 1
            else width_bucket(adjustments.order_date::timestamp at time zone %(timezone)s, %(changes)s::timestamptz[]) + 1
        end as number
) as rule
cross join lateral (select (%(refunds_on_own_day)s::boolean[])[rule.number] as on_own_day) as refunds
cross join lateral (
    values
        ('conversion', case when refunds.on_own_day then adjustments.refund_date else adjustments.order_date end),
        ('touch', case
            when refunds.on_own_day then adjustments.refund_date
            else coalesce((touchpoints.occurred_at at time zone %(timezone)s)::date, adjustments.order_date)
        end)
) as clocks (clock, day)
where
    adjustments.tenant_id = %(tenant_id)s
    and case
        when refunds.on_own_day
            then adjustments.refund_date >= %(first)s and adjustments.refund_date < %(last)s
        else adjustments.order_date >= %(first)s and adjustments.order_date < %(lookback_last)s
    end
    and clocks.day >= %(first)s
    and clocks.day < %(last)s
group by 1, 2, 3, 4, 5, 6
