-- What became of claimed events, unless somebody has claimed them since. sent_before: sent_at as it was before the
-- claim, which holds again where the vendor cannot have got them. GA4's own report may still show that it has not, so
-- that its bytes are kept.
update analytics.conversion_events as events
set
    state = %(state)s,
    reason = %(reason)s,
    attempts = events.attempts - case when %(counted)s then 0 else 1 end,
    not_before = %(not_before)s,
    lease_until = null,
    sent_at = case when %(received)s then events.sent_at else settled.sent_before end,
    accepted_at = case when %(state)s = 'accepted' then %(posted_at)s::timestamptz else events.accepted_at end,
    payload = case
        when %(state)s = 'failed' or (%(state)s = 'accepted' and events.destination <> 'ga4') then null
        else events.payload
    end,
    last_code = coalesce(%(code)s, case when %(state)s <> 'accepted' then events.last_code end),
    last_error = case when %(state)s <> 'accepted' then coalesce(%(error)s, events.last_error) end,
    request_id = coalesce(%(request_id)s, events.request_id)
from unnest(
    %(order_ids)s::bigint[], %(names)s::text[], %(seqs)s::bigint[], %(fences)s::bigint[],
    %(sent_before)s::timestamptz[]
) as settled (order_id, event_name, event_seq, fence, sent_before)
where
    events.tenant_id = %(tenant_id)s
    and events.destination_id = %(destination_id)s
    and events.order_id = settled.order_id
    and events.event_name = settled.event_name
    and events.event_seq = settled.event_seq
    and events.fence = settled.fence
    and events.state = 'sending'
