-- What became of everything that was to be reported, with what the payloads of the sent ones stated.
select
    destination_id,
    destination,
    event_name,
    state,
    reason,
    currency,
    count(*) as events,
    sum(value_minor)::bigint as value_minor,
    coalesce(sum(coalesce(sent_value_minor, value_minor)) filter (where sent_at is not null), 0)::bigint
        as sent_value_minor
from analytics.conversion_events
where tenant_id = %(tenant_id)s
group by destination_id, destination, event_name, state, reason, currency
order by
    destination_id,
    event_name,
    array_position(
        array['confirmed', 'accepted', 'in_doubt', 'sending', 'queued', 'expired', 'failed', 'skipped'], state
    ),
    reason nulls first,
    currency
