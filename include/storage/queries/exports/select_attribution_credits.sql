select
    (conversions.occurred_at at time zone %(timezone)s::text)::date as day,
    credits.conversion_id,
    conversions.order_id,
    conversions.occurred_at as ordered_at,
    conversions.is_new_customer,
    credits.touchpoint_id,
    credits.position,
    touchpoints.occurred_at as touched_at,
    touchpoints.channel,
    touchpoints.source,
    touchpoints.medium,
    touchpoints.campaign,
    touchpoints.platform,
    touchpoints.campaign_id,
    credits.attribution_first,
    credits.attribution_last,
    credits.attribution_linear,
    credits.attribution_time_decay,
    credits.attribution_position,
    credits.attribution_data_driven,
    credits.amount_first_minor,
    credits.amount_last_minor,
    credits.amount_linear_minor,
    credits.amount_time_decay_minor,
    credits.amount_position_minor,
    credits.amount_data_driven_minor,
    conversions.currency
from analytics.conversions
join analytics.attribution_credits as credits using (tenant_id, conversion_id)
join analytics.touchpoints using (tenant_id, touchpoint_id)
where
    conversions.tenant_id = %(tenant_id)s::bigint
    and conversions.occurred_at >= %(first)s::date::timestamp at time zone %(timezone)s::text
    and conversions.occurred_at < %(last)s::date::timestamp at time zone %(timezone)s::text
order by day, credits.conversion_id, credits.touchpoint_id
