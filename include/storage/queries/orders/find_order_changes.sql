-- New and changed orders, with whom they named before.
insert into order_changes (order_id, inserted, visitor_before, customer_before)
select stage_orders.order_id, orders.order_id is null, orders.visitor_id, orders.customer_id
from stage_orders
left join analytics.orders on orders.tenant_id = %(tenant_id)s and orders.order_id = stage_orders.order_id
where orders.order_id is null or orders.row_digest <> stage_orders.row_digest
