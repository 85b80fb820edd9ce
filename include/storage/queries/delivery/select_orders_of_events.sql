select
    orders.order_id,
    orders.external_id,
    orders.name,
    orders.placed_at,
    orders.processed_at,
    orders.currency,
    orders.total_minor,
    orders.gross_minor,
    orders.discounts_minor,
    orders.shipping_minor,
    orders.tax_minor,
    orders.tips_minor,
    coalesce(orders.taxes_included, false) as taxes_included,
    orders.source_name,
    conversions.is_new_customer,
    customers.external_id as customer_external_id,
    visitors.external_id as visitor_external_id,
    context.order_id is not null as has_context,
    context.ga_client_id,
    context.ga_session_id,
    context.fbp,
    context.fbc,
    context.ttclid,
    context.ttp,
    context.ip,
    context.user_agent,
    context.landing_url,
    context.identifiers::text as identifiers,
    context.consent::text as consent,
    context.consent_source,
    context.consent_at
from analytics.orders
left join analytics.conversions
    on conversions.tenant_id = orders.tenant_id and conversions.conversion_id = orders.order_id
left join analytics.customers
    on customers.tenant_id = orders.tenant_id and customers.customer_id = orders.customer_id
left join analytics.visitors
    on visitors.tenant_id = orders.tenant_id and visitors.visitor_id = orders.visitor_id
left join analytics.order_context as context
    on context.tenant_id = orders.tenant_id and context.order_id = orders.order_id
where orders.tenant_id = %(tenant_id)s and orders.order_id = any(%(order_ids)s)
