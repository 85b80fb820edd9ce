insert into analytics.delivery_counts as counts (
    tenant_id, destination_id, bucket_from, bucket_to, received, vendor_event, unchanged_since, read_at
)
select %(tenant_id)s, %(destination_id)s, wanted.bucket_from, wanted.bucket_to, wanted.received, wanted.vendor_event,
    %(now)s, %(now)s
from unnest(
    %(starts)s::timestamptz[], %(ends)s::timestamptz[], %(received)s::bigint[], %(vendor_events)s::text[]
) as wanted (bucket_from, bucket_to, received, vendor_event)
on conflict (tenant_id, destination_id, bucket_from) do update
set
    bucket_to = excluded.bucket_to,
    received = excluded.received,
    vendor_event = coalesce(excluded.vendor_event, counts.vendor_event),
    unchanged_since = case
        when counts.received is not distinct from excluded.received then counts.unchanged_since
        else excluded.unchanged_since
    end,
    read_at = excluded.read_at
