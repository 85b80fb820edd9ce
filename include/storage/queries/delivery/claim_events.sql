-- From here on the vendor may have them. The bytes of the first claim stay.
update analytics.conversion_events as events
set
    state = 'sending',
    reason = null,
    attempts = events.attempts + 1,
    lease_until = clock_timestamp() + make_interval(secs => %(lease_seconds)s),
    fence = events.fence + 1,
    not_before = null,
    sent_at = coalesce(events.sent_at, %(now)s),
    event_id = claimed.event_id,
    payload = coalesce(events.payload, claimed.payload),
    payload_sha256 = coalesce(events.payload_sha256, sha256(claimed.payload)),
    value_minor = coalesce(claimed.value_minor, events.value_minor),
    sent_value_minor = coalesce(claimed.sent_value_minor, events.sent_value_minor)
from unnest(
    %(order_ids)s::bigint[], %(names)s::text[], %(seqs)s::bigint[], %(event_ids)s::text[], %(payloads)b::bytea[],
    %(values)s::bigint[], %(sent_values)s::bigint[]
) as claimed (order_id, event_name, event_seq, event_id, payload, value_minor, sent_value_minor)
where
    events.tenant_id = %(tenant_id)s
    and events.destination_id = %(destination_id)s
    and events.order_id = claimed.order_id
    and events.event_name = claimed.event_name
    and events.event_seq = claimed.event_seq
