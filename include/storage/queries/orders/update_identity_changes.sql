update identity_changes
set customer_after = current.customer_id
from (
    select distinct on (identities.visitor_id) identities.visitor_id, identities.customer_id
    from analytics.visitor_identities as identities
    where
        identities.tenant_id = %(tenant_id)s
        and identities.visitor_id in (select visitor_id from identity_changes)
    order by identities.visitor_id, identities.valid_from, identities.customer_id
) as current
where current.visitor_id = identity_changes.visitor_id
