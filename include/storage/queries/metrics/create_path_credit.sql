-- Credit by the order's local day and its touch's, by channel and campaign, for all models at once. Conversions of up to a
-- look-back after the window are read too: their touches may lie in it. Weights are added up as billionths, amounts as
-- minor units of the order's currency: whole numbers give one sum in whatever order they come. Each credit is read and
-- grouped once, as the touch was recorded; clocks, campaigns and the tenant's currency are made of what comes out.
-- utm_campaign is null where a sync has met the touch.
create temporary table path_credit on commit drop as
select
    (conversions.occurred_at at time zone %(timezone)s)::date as conversion_day,
    (touchpoints.occurred_at at time zone %(timezone)s)::date as touch_day,
    touchpoints.channel,
    touchpoints.platform,
    touchpoints.campaign_id,
    case when touchpoints.campaign_match is null then coalesce(touchpoints.campaign, '') end as utm_campaign,
    coalesce(conversions.is_new_customer, false) as is_new,
    touchpoints.type = 'view' as is_view,
    conversions.currency,
    sum((credits.attribution_first * 1e9)::bigint)::bigint as weight_first,
    sum((credits.attribution_last * 1e9)::bigint)::bigint as weight_last,
    sum((credits.attribution_linear * 1e9)::bigint)::bigint as weight_linear,
    sum((credits.attribution_time_decay * 1e9)::bigint)::bigint as weight_time_decay,
    sum((credits.attribution_position * 1e9)::bigint)::bigint as weight_position,
    sum((credits.attribution_data_driven * 1e9)::bigint)::bigint as weight_data_driven,
    sum(credits.amount_first_minor)::bigint as amount_first,
    sum(credits.amount_last_minor)::bigint as amount_last,
    sum(credits.amount_linear_minor)::bigint as amount_linear,
    sum(credits.amount_time_decay_minor)::bigint as amount_time_decay,
    sum(credits.amount_position_minor)::bigint as amount_position,
    sum(credits.amount_data_driven_minor)::bigint as amount_data_driven
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
group by 1, 2, 3, 4, 5, 6, 7, 8, 9
