-- Everything known of the order's visitor, of its customer, and of every visitor of that customer.
with customer as materialized (
    select coalesce(
        %(customer_id)s::bigint,
        (select identities.customer_id
         from analytics.visitor_identities as identities
         where identities.tenant_id = %(tenant_id)s::bigint and identities.visitor_id = %(visitor_id)s::bigint
         order by identities.valid_from, identities.customer_id
         limit 1)
    ) as customer_id
),
people as (
    select identities.visitor_id
    from customer
    join analytics.visitor_identities as identities using (customer_id)
    where identities.tenant_id = %(tenant_id)s::bigint
    union
    select %(visitor_id)s::bigint
)
select identities.visitor_id, identities.customer_id, identities.valid_from, identities.version
from people
join analytics.visitor_identities as identities using (visitor_id)
where identities.tenant_id = %(tenant_id)s::bigint
order by identities.visitor_id, identities.valid_from, identities.customer_id
