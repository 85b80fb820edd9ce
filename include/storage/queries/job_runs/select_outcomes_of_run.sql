select tenants.slug, run.map_index, run.status, run.error, run.counts
from control.job_runs as run
join control.tenants using (tenant_id)
where run.job = %(job)s and run.run_id = %(run_id)s
order by tenants.slug
