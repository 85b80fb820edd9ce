select
    conversion_id,
    touchpoint_id,
    position,
    attribution_first,
    attribution_last,
    attribution_linear,
    attribution_time_decay,
    attribution_position,
    amount_first_minor,
    amount_last_minor,
    amount_linear_minor,
    amount_time_decay_minor,
    amount_position_minor,
    occurred_at
from analytics.attribution_credits
where
    tenant_id = %(tenant_id)s::bigint
    and occurred_at >= %(start)s::timestamptz
    and occurred_at < %(end)s::timestamptz
