-- Compare and swap: a row that a sender, or another check, has moved since it was read stays as it is. Bytes are kept
-- only while the event may be sent again.
update analytics.conversion_events as events
set
    state = changes.state,
    reason = changes.reason,
    payload = case when changes.state in ('confirmed', 'expired', 'failed') then null else events.payload end,
    not_before = case when changes.state = 'queued' then null else events.not_before end,
    accepted_at = case when changes.state = 'queued' then null else events.accepted_at end
from unnest(
    %(order_ids)s::bigint[], %(event_names)s::text[], %(event_seqs)s::bigint[], %(read_states)s::text[],
    %(fences)s::bigint[], %(states)s::text[], %(reasons)s::text[]
) as changes (order_id, event_name, event_seq, read_state, fence, state, reason)
where
    events.tenant_id = %(tenant_id)s
    and events.destination_id = %(destination_id)s
    and events.order_id = changes.order_id
    and events.event_name = changes.event_name
    and events.event_seq = changes.event_seq
    and events.state = changes.read_state
    and events.fence = changes.fence
    and (events.state, events.reason) is distinct from (changes.state, changes.reason)
