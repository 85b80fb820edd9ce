select
    credits.position,
    credits.touchpoint_id,
    touchpoints.channel,
    touchpoints.campaign,
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
    credits.amount_data_driven_minor
from analytics.attribution_credits as credits
left join analytics.touchpoints using (tenant_id, touchpoint_id)
where credits.tenant_id = %(tenant_id)s::bigint and credits.conversion_id = %(conversion_id)s::bigint
order by credits.position, credits.touchpoint_id
