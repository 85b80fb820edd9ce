-- Those that waited longest, then the oldest orders.
select conversion_id
from analytics.conversions
where
    tenant_id = %(tenant_id)s
    and status = 'unattributed'
    and (next_attempt_at is null or next_attempt_at <= %(now)s)
order by coalesce(next_attempt_at, '-infinity'), occurred_at, conversion_id
limit %(limit)s
