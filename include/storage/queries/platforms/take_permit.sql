-- The row lock orders the takers; each gets the next free instant, unless that is further off than it may wait.
insert into control.quota_buckets as bucket (scope, next_at)
values (%(scope)s, clock_timestamp() + make_interval(secs => %(spacing_seconds)s))
on conflict (scope) do update
set next_at = greatest(bucket.next_at, clock_timestamp()) + make_interval(secs => %(spacing_seconds)s)
where bucket.next_at <= clock_timestamp() + make_interval(secs => %(most_seconds)s)
returning
    extract(
        epoch from next_at - make_interval(secs => %(spacing_seconds)s) - clock_timestamp()
    )::double precision as wait_seconds
