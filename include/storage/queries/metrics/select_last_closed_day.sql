select max(day) as day
from analytics.metrics_daily
where tenant_id = %(tenant_id)s and closed_at is not null
