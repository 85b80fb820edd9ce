-- Credit by the order's day and by the touch's, by channel and campaign, for all models at once. Conversions of up to a
-- look-back after the window are read too: their touches may lie in it. Weights are added up as billionths, amounts as
-- minor units: whole numbers give one sum in whatever order they come.
create temporary table credit_by_day on commit drop as
select
    case when grouping(conv_day) = 0 then 'conversion' else 'touch' end as clock,
    coalesce(conv_day, touch_day) as day,
    channel,
    platform,
    campaign_id,
    utm_campaign,
    is_new,
    is_view,
    sum(weight_first)::bigint as weight_first,
    sum(weight_last)::bigint as weight_last,
    sum(weight_linear)::bigint as weight_linear,
    sum(weight_time_decay)::bigint as weight_time_decay,
    sum(weight_position)::bigint as weight_position,
    sum(weight_data_driven)::bigint as weight_data_driven,
    sum(amount_first)::bigint as amount_first,
    sum(amount_last)::bigint as amount_last,
    sum(amount_linear)::bigint as amount_linear,
    sum(amount_time_decay)::bigint as amount_time_decay,
    sum(amount_position)::bigint as amount_position,
    sum(amount_data_driven)::bigint as amount_data_driven
from (
    select
        (conversions.occurred_at at time zone %(timezone)s)::date as conv_day,
        (touchpoints.occurred_at at time zone %(timezone)s)::date as touch_day,
        touchpoints.channel,
        case when touchpoints.campaign_match is null then '' else touchpoints.platform end as platform,
        case when touchpoints.campaign_match is null then '' else touchpoints.campaign_id end as campaign_id,
        case when touchpoints.campaign_match is null then coalesce(touchpoints.campaign, '') else '' end as utm_campaign,
        coalesce(conversions.is_new_customer, false) as is_new,
        touchpoints.type = 'view' as is_view,
        (credits.attribution_first * 1e9)::bigint as weight_first,
        (credits.attribution_last * 1e9)::bigint as weight_last,
        (credits.attribution_linear * 1e9)::bigint as weight_linear,
        (credits.attribution_time_decay * 1e9)::bigint as weight_time_decay,
        (credits.attribution_position * 1e9)::bigint as weight_position,
        (credits.attribution_data_driven * 1e9)::bigint as weight_data_driven,
        credits.amount_first_minor as amount_first,
        credits.amount_last_minor as amount_last,
        credits.amount_linear_minor as amount_linear,
        credits.amount_time_decay_minor as amount_time_decay,
        credits.amount_position_minor as amount_position,
        credits.amount_data_driven_minor as amount_data_driven
    from analytics.conversions
    join analytics.attribution_credits as credits
        on credits.tenant_id = %(tenant_id)s and credits.conversion_id = conversions.conversion_id
    join analytics.touchpoints
        on touchpoints.tenant_id = %(tenant_id)s and touchpoints.touchpoint_id = credits.touchpoint_id
    where
        conversions.tenant_id = %(tenant_id)s
        and conversions.occurred_at >= %(start)s
        and conversions.occurred_at < %(lookback_end)s
        and conversions.status = 'attributed'
        and conversions.currency = %(currency)s
) as credited
group by grouping sets (
    (conv_day, channel, platform, campaign_id, utm_campaign, is_new, is_view),
    (touch_day, channel, platform, campaign_id, utm_campaign, is_new, is_view)
)
