insert into analytics.visitor_identities (tenant_id, visitor_id, customer_id, valid_from)
select %(tenant_id)s, evidence_changes.visitor_id, evidence_changes.customer_id, evidence_changes.valid_from
from evidence_changes
left join analytics.visitor_identities as identities
    on identities.tenant_id = %(tenant_id)s
    and identities.visitor_id = evidence_changes.visitor_id
    and identities.customer_id = evidence_changes.customer_id
where identities.visitor_id is null and evidence_changes.valid_from is not null
