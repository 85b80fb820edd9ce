update analytics.orders
set
    source = stage_orders.source,
    source_name = stage_orders.source_name,
    placed_at = stage_orders.placed_at,
    cancelled_at = stage_orders.cancelled_at,
    test = stage_orders.test,
    financial_status = stage_orders.financial_status,
    customer_id = stage_orders.customer_id,
    visitor_id = stage_orders.visitor_id,
    currency = stage_orders.currency,
    total_minor = stage_orders.total_minor,
    row_digest = stage_orders.row_digest,
    updated_at = stage_orders.updated_at,
    triggered_at = stage_orders.triggered_at,
    name = stage_orders.name,
    processed_at = stage_orders.processed_at,
    gross_minor = stage_orders.gross_minor,
    discounts_minor = stage_orders.discounts_minor,
    shipping_minor = stage_orders.shipping_minor,
    tax_minor = stage_orders.tax_minor,
    tips_minor = stage_orders.tips_minor,
    taxes_included = stage_orders.taxes_included,
    gateway = stage_orders.gateway,
    presentment_currency = stage_orders.presentment_currency,
    loaded_at = clock_timestamp()
from order_changes
join stage_orders using (order_id)
where
    orders.tenant_id = %(tenant_id)s
    and orders.order_id = order_changes.order_id
    and not order_changes.inserted
