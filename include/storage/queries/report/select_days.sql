select day, net_sales, incomplete, unattributed_reasons, preference_version
from analytics.metrics_daily
where tenant_id = %(tenant_id)s and day >= %(first)s and day < %(last)s
order by day
