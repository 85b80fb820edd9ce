-- Without a limit: for the sake of a first row the planner would search a table of visitors per staged one.
select stage_people.field
from stage_people
join analytics.visitors
    on visitors.tenant_id = %(tenant_id)s and visitors.visitor_id = stage_people.id
where stage_people.field = 'visitor_id' and visitors.external_id <> stage_people.external_id
union all
select stage_people.field
from stage_people
join analytics.customers
    on customers.tenant_id = %(tenant_id)s and customers.customer_id = stage_people.id
where stage_people.field = 'customer_id' and customers.external_id <> stage_people.external_id
