-- By id, wherever in time the rows were written: an order that moved to another day still finds its old credit.
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
where tenant_id = %(tenant_id)s::bigint and conversion_id = any(%(credited_ids)s::bigint[])
