insert into control.quota_buckets as bucket (scope, next_at)
values (%(scope)s, clock_timestamp() + make_interval(secs => %(seconds)s))
on conflict (scope) do update
set next_at = greatest(bucket.next_at, clock_timestamp() + make_interval(secs => %(seconds)s))
