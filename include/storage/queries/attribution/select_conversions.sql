select
    conversion_id,
    occurred_at,
    coalesce(customer_id, 0) as customer_id,
    coalesce(visitor_id, 0) as visitor_id,
    value_minor,
    status,
    coalesce(reason, '') as reason,
    run_id is not null as credited_before,
    coalesce(config_version, 0) as config_version,
    coalesce(model_version, '') as model_version
from analytics.selected_conversions(
    %(tenant_id)s::bigint, %(start)s::timestamptz, %(end)s::timestamptz,
    %(currency)s::text, %(due_at)s::timestamptz, %(ids)s::bigint[]
)
order by conversion_id
