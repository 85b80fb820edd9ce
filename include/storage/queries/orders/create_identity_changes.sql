-- Visitors with new evidence and their customer before it; after it is filled in once the evidence is merged.
create temporary table identity_changes on commit drop as
select named.visitor_id, before.customer_id as customer_before, null::bigint as customer_after
from (select distinct visitor_id from evidence_changes) as named
left join (
    select distinct on (identities.visitor_id) identities.visitor_id, identities.customer_id
    from analytics.visitor_identities as identities
    where
        identities.tenant_id = %(tenant_id)s
        and identities.visitor_id in (select visitor_id from evidence_changes)
    order by identities.visitor_id, identities.valid_from, identities.customer_id
) as before using (visitor_id)
