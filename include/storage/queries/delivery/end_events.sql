-- Locked events that are not sent, each with its reason; of a shadow's the hash and value that would have been.
update analytics.conversion_events as events
set
    state = ended.state,
    reason = ended.reason,
    last_error = coalesce(ended.error, events.last_error),
    not_before = null,
    payload = null,
    event_id = coalesce(ended.event_id, events.event_id),
    payload_sha256 = coalesce(ended.payload_sha256, events.payload_sha256),
    value_minor = coalesce(ended.value_minor, events.value_minor),
    sent_value_minor = coalesce(ended.sent_value_minor, events.sent_value_minor)
from unnest(
    %(order_ids)s::bigint[], %(names)s::text[], %(seqs)s::bigint[], %(states)s::text[], %(reasons)s::text[],
    %(errors)s::text[], %(event_ids)s::text[], %(hashes)s::bytea[], %(values)s::bigint[], %(sent_values)s::bigint[]
) as ended (
    order_id, event_name, event_seq, state, reason, error, event_id, payload_sha256, value_minor, sent_value_minor
)
where
    events.tenant_id = %(tenant_id)s
    and events.destination_id = %(destination_id)s
    and events.order_id = ended.order_id
    and events.event_name = ended.event_name
    and events.event_seq = ended.event_seq
