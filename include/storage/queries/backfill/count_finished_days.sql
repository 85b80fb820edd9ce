select count(*) as days
from analytics.backfill_days
where tenant_id = %(tenant_id)s and run_id = %(run_id)s
