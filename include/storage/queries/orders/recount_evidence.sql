-- What named the pair may have changed: its earliest evidence is looked up among all touches and orders of the visitor.
update evidence_changes
set valid_from = (
    select min(named.at)
    from (
        select touchpoints.occurred_at as at
        from analytics.touchpoints
        where
            touchpoints.tenant_id = %(tenant_id)s
            and touchpoints.visitor_id = evidence_changes.visitor_id
            and touchpoints.customer_id = evidence_changes.customer_id
        union all
        select orders.placed_at
        from analytics.orders
        where
            orders.tenant_id = %(tenant_id)s
            and orders.visitor_id = evidence_changes.visitor_id
            and orders.customer_id = evidence_changes.customer_id
    ) as named
)
where recount
