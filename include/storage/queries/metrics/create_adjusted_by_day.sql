-- What refunds and cancellations took back of credit, on the day on which the tenant's preferences count it: by the touch
-- clock a day of the order is the touch's.
create temporary table adjusted_by_day on commit drop as
select
    clocks.clock,
    clocks.day,
    coalesce(touchpoints.channel, '(unattributed)') as channel,
    case when campaign.is_met then touchpoints.platform else '' end as platform,
    case when campaign.is_met then touchpoints.campaign_id else '' end as campaign_id,
    case when campaign.is_met then '' else coalesce(touchpoints.campaign, '') end as utm_campaign,
    sum(adjustments.amount_first_minor)::bigint as amount_first,
    sum(adjustments.amount_last_minor)::bigint as amount_last,
    sum(adjustments.amount_linear_minor)::bigint as amount_linear,
    sum(adjustments.amount_time_decay_minor)::bigint as amount_time_decay,
    sum(adjustments.amount_position_minor)::bigint as amount_position,
    sum(adjustments.amount_data_driven_minor)::bigint as amount_data_driven
from analytics.credit_adjustments as adjustments
left join analytics.touchpoints
    on touchpoints.tenant_id = %(tenant_id)s and touchpoints.touchpoint_id = adjustments.touchpoint_id
left join known_campaigns as known
    on known.platform = touchpoints.platform and known.campaign_id = touchpoints.campaign_id
cross join lateral (
    select touchpoints.campaign_match is not null or known.campaign_id is not null as is_met
) as campaign
cross join lateral (
    values
        ('conversion', case when %(refunds_on_own_day)s::boolean then adjustments.refund_date else adjustments.order_date end),
        ('touch', case
            when %(refunds_on_own_day)s::boolean then adjustments.refund_date
            else coalesce((touchpoints.occurred_at at time zone %(timezone)s)::date, adjustments.order_date)
        end)
) as clocks (clock, day)
where
    adjustments.tenant_id = %(tenant_id)s
    and case
        when %(refunds_on_own_day)s::boolean
            then adjustments.refund_date >= %(first)s and adjustments.refund_date < %(last)s
        else adjustments.order_date >= %(first)s and adjustments.order_date < %(lookback_last)s
    end
    and clocks.day >= %(first)s
    and clocks.day < %(last)s
group by 1, 2, 3, 4, 5, 6
