select date_bin('1 hour', occurred_at, timestamptz 'epoch') as hour, count(*) as conversions
from analytics.selected_conversions(
    %(tenant_id)s::bigint, %(start)s::timestamptz, %(end)s::timestamptz,
    %(due_at)s::timestamptz, %(ids)s::bigint[]
)
group by 1
order by 1
