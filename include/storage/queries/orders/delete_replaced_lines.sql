delete from analytics.order_lines
using order_changes
where
    order_lines.tenant_id = %(tenant_id)s
    and order_lines.order_id = order_changes.order_id
    and order_changes.rewritten
    and not order_changes.inserted
