insert into analytics.customers (tenant_id, customer_id, external_id)
select %(tenant_id)s, stage_people.id, min(stage_people.external_id)
from stage_people
left join analytics.customers on customers.tenant_id = %(tenant_id)s and customers.customer_id = stage_people.id
where stage_people.field = 'customer_id' and customers.customer_id is null
group by stage_people.id
