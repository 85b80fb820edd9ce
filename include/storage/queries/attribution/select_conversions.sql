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
    coalesce(model_version, '') as model_version,
    -- Without excluded sales channels the orders are not looked at.
    cardinality(%(excluded_sources)s::text[]) > 0
    and exists (
        select 1
        from analytics.orders
        where
            orders.tenant_id = %(tenant_id)s::bigint
            and orders.order_id = selected.order_id
            and orders.source_name = any(%(excluded_sources)s::text[])
    ) as source_excluded
from analytics.selected_conversions(
    %(tenant_id)s::bigint, %(start)s::timestamptz, %(end)s::timestamptz,
    %(due_at)s::timestamptz, %(ids)s::bigint[]
) as selected
order by conversion_id
