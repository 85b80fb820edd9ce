-- Stored weeks from a Monday on, and whether all of a week's rows are final.
select week_start, bool_and(is_final) as is_final
from analytics.metrics_weekly
where tenant_id = %(tenant_id)s and week_start >= %(first)s
group by week_start
order by week_start
