update analytics.conversions
set status = stage_conversions.status,
    reason = stage_conversions.reason,
    run_id = %(run_id)s,
    model_version = %(model_version)s,
    config_version = stage_conversions.config_version,
    next_attempt_at = null
from stage_conversions
where
    conversions.tenant_id = %(tenant_id)s
    -- The slice's own time: nothing else is scanned for it.
    and conversions.occurred_at >= %(start)s
    and conversions.occurred_at < %(end)s
    and conversions.conversion_id = stage_conversions.conversion_id
