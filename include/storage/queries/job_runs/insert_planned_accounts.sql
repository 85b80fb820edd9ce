insert into control.account_runs (tenant_id, job, run_id, account_id, status, started_at)
select planned.tenant_id, %(job)s, %(run_id)s, planned.account_id, 'running', clock_timestamp()
from unnest(%(tenant_ids)s::bigint[], %(account_ids)s::text[]) as planned (tenant_id, account_id)
on conflict do nothing
