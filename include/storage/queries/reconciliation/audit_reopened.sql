insert into analytics.conversion_audit (tenant_id, conversion_id, cause, detail)
select %(tenant_id)s, found.conversion_id, 'reconciliation', jsonb_build_object('finding', found.finding)
from unnest(%(ids)s::bigint[], %(findings)s::text[]) as found (conversion_id, finding)
