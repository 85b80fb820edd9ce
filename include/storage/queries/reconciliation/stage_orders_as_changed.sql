-- The orders, their lines and contexts are as they are; it is their conversions that have to follow.
insert into order_changes (order_id, inserted, rewritten, visitor_before, customer_before)
select order_id, false, false, visitor_id, customer_id
from stage_orders
