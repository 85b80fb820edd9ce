select metric, value, previous, change, average_4_weeks, unit, incomplete, is_final, preference_version
from analytics.metrics_weekly
where tenant_id = %(tenant_id)s and week_start = %(monday)s
order by metric
