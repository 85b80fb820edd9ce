select extract(epoch from next_at - clock_timestamp())::double precision as wait_seconds
from control.quota_buckets
where scope = %(scope)s
