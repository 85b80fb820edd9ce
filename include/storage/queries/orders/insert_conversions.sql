insert into analytics.conversions (
    tenant_id, conversion_id, order_id, visitor_id, customer_id, occurred_at, cancelled_at, value_minor, currency,
    status, reason, next_attempt_at
)
select
    %(tenant_id)s,
    wanted.order_id,
    wanted.order_id,
    wanted.visitor_id,
    wanted.customer_id,
    wanted.occurred_at,
    wanted.cancelled_at,
    wanted.value_minor,
    wanted.currency,
    'pending',
    case when wanted.lacks_rate then 'no_fx_rate' end,
    case when wanted.lacks_rate then 'infinity'::timestamptz end
from wanted_conversions as wanted
left join analytics.conversions
    on conversions.tenant_id = %(tenant_id)s and conversions.conversion_id = wanted.order_id
where conversions.conversion_id is null and wanted.excluded_reason is null
