select
    credits.conversion_id,
    credits.touchpoint_id,
    credits.position,
    credits.attribution_first,
    credits.attribution_last,
    credits.attribution_linear,
    credits.attribution_time_decay,
    credits.attribution_position,
    credits.amount_first_minor,
    credits.amount_last_minor,
    credits.amount_linear_minor,
    credits.amount_time_decay_minor,
    credits.amount_position_minor
from analytics.selected_conversions(
    %(tenant_id)s::bigint, %(start)s::timestamptz, %(end)s::timestamptz,
    %(currency)s::text, %(due_at)s::timestamptz, %(ids)s::bigint[]
) as selected
join analytics.attribution_credits as credits
    on credits.tenant_id = %(tenant_id)s::bigint and credits.conversion_id = selected.conversion_id
where selected.run_id is not null
