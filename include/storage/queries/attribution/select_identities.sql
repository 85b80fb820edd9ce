-- The customer of a visitor is the one with the earliest evidence, then the smaller id: arrival order never matters.
select distinct on (visitor_id) visitor_id, customer_id
from analytics.visitor_identities
where tenant_id = %(tenant_id)s::bigint
order by visitor_id, valid_from, customer_id
