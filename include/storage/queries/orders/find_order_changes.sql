-- New and changed orders, with whom they named before. The shop's newest state stands, whatever arrived last; a row
-- without the shop's time (an import) replaces only its like.
insert into order_changes (order_id, inserted, rewritten, same_evidence, visitor_before, customer_before)
select
    stage_orders.order_id,
    orders.order_id is null,
    orders.row_digest is distinct from stage_orders.row_digest,
    orders.order_id is not null
    and (orders.visitor_id, orders.customer_id, orders.placed_at)
        is not distinct from (stage_orders.visitor_id, stage_orders.customer_id, stage_orders.placed_at),
    orders.visitor_id,
    orders.customer_id
from stage_orders
left join analytics.orders on orders.tenant_id = %(tenant_id)s and orders.order_id = stage_orders.order_id
where
    orders.order_id is null
    or case
        when stage_orders.updated_at is null
            then orders.updated_at is null and orders.row_digest <> stage_orders.row_digest
        when orders.updated_at is null then true
        else
            (stage_orders.updated_at, stage_orders.triggered_at, stage_orders.row_digest)
            > (orders.updated_at, orders.triggered_at, orders.row_digest)
    end
