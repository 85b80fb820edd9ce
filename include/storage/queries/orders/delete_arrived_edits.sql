-- A state at least as new as the edit is what the edit came to.
delete from analytics.awaited_edits as awaited
using analytics.orders
where
    awaited.tenant_id = %(tenant_id)s
    and awaited.order_id in (select order_id from stage_orders)
    and orders.tenant_id = %(tenant_id)s
    and orders.order_id = awaited.order_id
    and orders.updated_at >= awaited.committed_at
