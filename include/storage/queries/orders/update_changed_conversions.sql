update analytics.conversions
set
    visitor_id = wanted.visitor_id,
    customer_id = wanted.customer_id,
    occurred_at = wanted.occurred_at,
    cancelled_at = wanted.cancelled_at,
    value_minor = wanted.value_minor,
    currency = wanted.currency,
    is_new_customer = case when wanted.excluded_reason is null then conversions.is_new_customer end,
    status = case when wanted.excluded_reason is null then 'pending' else 'excluded' end,
    reason = coalesce(wanted.excluded_reason, case when wanted.lacks_rate then 'no_fx_rate' end),
    attempts = 0,
    next_attempt_at = case when wanted.excluded_reason is null and wanted.lacks_rate then 'infinity'::timestamptz end
from wanted_conversions as wanted
where
    conversions.tenant_id = %(tenant_id)s
    and conversions.conversion_id = wanted.order_id
    and ((conversions.visitor_id, conversions.customer_id, conversions.occurred_at, conversions.cancelled_at,
          conversions.value_minor, conversions.currency)
         is distinct from
         (wanted.visitor_id, wanted.customer_id, wanted.occurred_at, wanted.cancelled_at,
          wanted.value_minor, wanted.currency)
         or case when conversions.status = 'excluded' then conversions.reason end
            is distinct from wanted.excluded_reason)
