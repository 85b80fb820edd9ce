insert into analytics.attribution_credits (
    tenant_id, conversion_id, touchpoint_id, position, row_digest,
    attribution_first, attribution_last, attribution_linear, attribution_time_decay, attribution_position,
    amount_first_minor, amount_last_minor, amount_linear_minor, amount_time_decay_minor, amount_position_minor
)
select
    %(tenant_id)s, conversion_id, touchpoint_id, position, row_digest,
    attribution_first, attribution_last, attribution_linear, attribution_time_decay, attribution_position,
    amount_first_minor, amount_last_minor, amount_linear_minor, amount_time_decay_minor, amount_position_minor
from stage_credits
