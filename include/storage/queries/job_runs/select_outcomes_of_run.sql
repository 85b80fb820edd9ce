-- A tenant's accounts take the place of its own row, which only sums them up; an account without an end has no outcome.
select tenants.slug, run.map_index, run.status, run.error, run.counts
from control.job_runs as run
join control.tenants using (tenant_id)
where run.job = %(job)s
  and run.run_id = %(run_id)s
  and not exists (
      select
      from control.account_runs as account
      where (account.tenant_id, account.job, account.run_id) = (run.tenant_id, run.job, run.run_id)
  )
union all
select tenants.slug || '/' || account.account_id, account.map_index, account.status, account.error, account.counts
from control.account_runs as account
join control.tenants using (tenant_id)
where account.job = %(job)s and account.run_id = %(run_id)s and account.status <> 'running'
order by 1
