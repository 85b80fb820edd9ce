delete from evidence_changes
using analytics.visitor_identities as known
where
    known.tenant_id = %(tenant_id)s
    and known.visitor_id = evidence_changes.visitor_id
    and known.customer_id = evidence_changes.customer_id
    and (known.valid_from = evidence_changes.valid_from
         or (not evidence_changes.recount and known.valid_from < evidence_changes.valid_from))
