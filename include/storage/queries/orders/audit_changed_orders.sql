insert into analytics.conversion_audit (tenant_id, conversion_id, cause, detail)
select
    %(tenant_id)s,
    conversions.conversion_id,
    'order_changed',
    jsonb_build_object(
        'value_minor', jsonb_build_array(conversions.value_minor, wanted.value_minor),
        'currency', jsonb_build_array(conversions.currency, wanted.currency),
        'occurred_at', jsonb_build_array(conversions.occurred_at, wanted.occurred_at),
        'cancelled_at', jsonb_build_array(conversions.cancelled_at, wanted.cancelled_at),
        'customer_id', jsonb_build_array(conversions.customer_id, wanted.customer_id),
        'visitor_id', jsonb_build_array(conversions.visitor_id, wanted.visitor_id),
        'excluded', jsonb_build_array(null, wanted.excluded_reason)
    )
from wanted_conversions as wanted
join analytics.conversions on conversions.tenant_id = %(tenant_id)s and conversions.conversion_id = wanted.order_id
where
    conversions.status in ('attributed', 'unattributed')
    and (wanted.excluded_reason is not null
         or (conversions.visitor_id, conversions.customer_id, conversions.occurred_at, conversions.cancelled_at,
             conversions.value_minor, conversions.currency)
            is distinct from
            (wanted.visitor_id, wanted.customer_id, wanted.occurred_at, wanted.cancelled_at,
             wanted.value_minor, wanted.currency))
