select visitor_id as id, 'visitor' as kind, external_id
from analytics.visitors
where tenant_id = %(tenant_id)s::bigint and visitor_id = any(%(visitor_ids)s::bigint[])
union all
select customer_id, 'customer', external_id
from analytics.customers
where tenant_id = %(tenant_id)s::bigint and customer_id = any(%(customer_ids)s::bigint[])
