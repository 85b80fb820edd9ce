select status
from control.job_runs
where tenant_id = %(tenant_id)s and job = %(job)s and run_id = %(run_id)s
for update
