-- An instant of infinity has no value in Python: such a conversion waits until something opens it again.
select
    conversion_id,
    visitor_id,
    customer_id,
    occurred_at,
    cancelled_at,
    value_minor,
    currency,
    is_new_customer,
    status,
    reason,
    attempts,
    case when isfinite(next_attempt_at) then next_attempt_at end as next_attempt_at,
    coalesce(next_attempt_at = 'infinity', false) as waits_for_an_event,
    run_id,
    model_version,
    config_version
from analytics.conversions
where tenant_id = %(tenant_id)s::bigint and conversion_id = %(conversion_id)s::bigint
