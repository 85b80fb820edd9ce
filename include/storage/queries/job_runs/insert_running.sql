insert into control.job_runs (tenant_id, job, run_id, status, started_at)
values (%(tenant_id)s, %(job)s, %(run_id)s, 'running', clock_timestamp())
on conflict do nothing
