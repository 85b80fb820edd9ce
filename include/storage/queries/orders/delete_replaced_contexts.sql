delete from analytics.order_context
using order_changes
where
    order_context.tenant_id = %(tenant_id)s
    and order_context.order_id = order_changes.order_id
    and order_changes.rewritten
    and not order_changes.inserted
