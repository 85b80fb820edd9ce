-- The same row and reason is kept once, however often its file is imported.
insert into analytics.quarantine (tenant_id, quarantine_id, source, ref, reason, payload)
select distinct on (staged.quarantine_id)
    %(tenant_id)s, staged.quarantine_id, staged.source, staged.ref, staged.reason, staged.payload
from stage_quarantine as staged
left join analytics.quarantine as kept
    on kept.tenant_id = %(tenant_id)s and kept.quarantine_id = staged.quarantine_id
where kept.quarantine_id is null
order by staged.quarantine_id
