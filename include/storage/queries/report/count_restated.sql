select count(*) as days
from analytics.metrics_daily
where tenant_id = %(tenant_id)s and day >= %(monday)s::date - 35 and day < %(monday)s and changed_at >= %(end)s
