with colliding as (
    select stage_people.field, stage_people.id, stage_people.external_id
    from stage_people
    join analytics.visitors
        on visitors.tenant_id = %(tenant_id)s and visitors.visitor_id = stage_people.id
    where stage_people.field = 'visitor_id' and visitors.external_id <> stage_people.external_id
    union all
    select stage_people.field, stage_people.id, stage_people.external_id
    from stage_people
    join analytics.customers
        on customers.tenant_id = %(tenant_id)s and customers.customer_id = stage_people.id
    where stage_people.field = 'customer_id' and customers.external_id <> stage_people.external_id
)
delete from stage_orders as orders
using colliding
where
    (colliding.field = 'visitor_id' and colliding.id = orders.visitor_id
     and colliding.external_id = orders.visitor_external_id)
    or (colliding.field = 'customer_id' and colliding.id = orders.customer_id
        and colliding.external_id = orders.customer_external_id)
returning orders.line, colliding.field, colliding.external_id
