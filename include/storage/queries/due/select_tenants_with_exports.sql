-- When a definition is due is known beside its tenant's rows: who has one is asked whenever the job looks.
select listed.tenant_id
from unnest(%(tenant_ids)s::bigint[]) as listed (tenant_id)
where exists (
    select 1
    from control.tenant_exports as exports
    where exports.tenant_id = listed.tenant_id and exports.enabled
)
