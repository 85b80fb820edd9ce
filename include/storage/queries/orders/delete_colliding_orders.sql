delete from stage_orders
using analytics.orders
where
    orders.tenant_id = %(tenant_id)s
    and orders.order_id = stage_orders.order_id
    and orders.external_id <> stage_orders.external_id
returning stage_orders.line, 'order_id' as field, stage_orders.external_id
