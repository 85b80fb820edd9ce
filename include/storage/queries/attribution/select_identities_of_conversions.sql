with selected as materialized (
    select visitor_id, customer_id
    from analytics.selected_conversions(
        %(tenant_id)s::bigint, %(start)s::timestamptz, %(end)s::timestamptz,
        %(due_at)s::timestamptz, %(ids)s::bigint[]
    )
),
visitors as (
    select visitor_id from selected where visitor_id is not null
    union
    select identities.visitor_id
    from selected
    join analytics.visitor_identities as identities
        on identities.tenant_id = %(tenant_id)s::bigint and identities.customer_id = selected.customer_id
)
select distinct on (identities.visitor_id) identities.visitor_id, identities.customer_id
from visitors
join analytics.visitor_identities as identities using (visitor_id)
where identities.tenant_id = %(tenant_id)s::bigint
order by identities.visitor_id, identities.valid_from, identities.customer_id
