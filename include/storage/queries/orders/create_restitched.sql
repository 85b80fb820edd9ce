-- Conversions of unchanged orders without a customer of their own, whose visitor became somebody else.
create temporary table restitched on commit drop as
select
    conversions.conversion_id,
    conversions.visitor_id,
    conversions.customer_id as customer_before,
    identity_changes.customer_after
from identity_changes
join analytics.conversions
    on conversions.tenant_id = %(tenant_id)s and conversions.visitor_id = identity_changes.visitor_id
join analytics.orders on orders.tenant_id = %(tenant_id)s and orders.order_id = conversions.order_id
where
    orders.customer_id is null
    and conversions.customer_id is distinct from identity_changes.customer_after
    and not exists (select 1 from order_changes where order_changes.order_id = conversions.order_id)
