-- What named the pair may have changed: its earliest evidence is looked up among all touches and orders of the visitor,
-- touches by their index, orders (which have none by visitor) in one pass.
update evidence_changes
set valid_from = earliest.at
from (
    select visitor_id, customer_id, min(at) as at
    from (
        select
            recounted.visitor_id,
            recounted.customer_id,
            (
                select min(touchpoints.occurred_at)
                from analytics.touchpoints
                where
                    touchpoints.tenant_id = %(tenant_id)s
                    and touchpoints.visitor_id = recounted.visitor_id
                    and touchpoints.customer_id = recounted.customer_id
            ) as at
        from evidence_changes as recounted
        where recounted.recount
        union all
        select orders.visitor_id, orders.customer_id, orders.placed_at
        from analytics.orders
        join evidence_changes as recounted
            on recounted.visitor_id = orders.visitor_id and recounted.customer_id = orders.customer_id
        where orders.tenant_id = %(tenant_id)s and recounted.recount
    ) as named
    group by visitor_id, customer_id
) as earliest
where
    evidence_changes.recount
    and evidence_changes.visitor_id = earliest.visitor_id
    and evidence_changes.customer_id = earliest.customer_id
