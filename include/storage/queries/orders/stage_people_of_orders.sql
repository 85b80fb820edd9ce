create temporary table stage_people on commit drop as
select distinct 'visitor_id' as field, visitor_id as id, visitor_external_id as external_id
from stage_orders
where visitor_id is not null
union all
select distinct 'customer_id', customer_id, customer_external_id
from stage_orders
where customer_id is not null
