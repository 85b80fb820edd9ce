select
    orders.order_id,
    orders.external_id,
    orders.name,
    orders.source,
    orders.source_name,
    orders.placed_at,
    orders.cancelled_at,
    orders.test,
    orders.financial_status,
    orders.currency,
    orders.total_minor,
    orders.customer_id,
    customers.external_id as customer,
    orders.visitor_id,
    visitors.external_id as visitor
from analytics.orders
left join analytics.customers
    on customers.tenant_id = orders.tenant_id and customers.customer_id = orders.customer_id
left join analytics.visitors
    on visitors.tenant_id = orders.tenant_id and visitors.visitor_id = orders.visitor_id
where
    orders.tenant_id = %(tenant_id)s::bigint
    and orders.order_id = %(order_id)s::bigint
    and orders.external_id = %(external_id)s::text
