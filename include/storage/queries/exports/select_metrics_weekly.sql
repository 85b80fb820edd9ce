select
    week_start as day,
    metric,
    value,
    previous,
    change,
    average_4_weeks,
    unit,
    currency,
    incomplete,
    is_final,
    preference_version,
    catalogue_version
from analytics.metrics_weekly
where tenant_id = %(tenant_id)s::bigint and week_start >= %(first)s::date and week_start < %(last)s::date
order by week_start, metric
