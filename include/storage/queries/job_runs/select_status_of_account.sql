select status
from control.account_runs
where tenant_id = %(tenant_id)s and job = %(job)s and run_id = %(run_id)s and account_id = %(account_id)s
