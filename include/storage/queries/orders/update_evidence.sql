update analytics.visitor_identities as identities
set valid_from = evidence_changes.valid_from, version = identities.version + 1
from evidence_changes
where
    identities.tenant_id = %(tenant_id)s
    and identities.visitor_id = evidence_changes.visitor_id
    and identities.customer_id = evidence_changes.customer_id
    and evidence_changes.valid_from is not null
