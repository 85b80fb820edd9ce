-- What may not be sent any more leaves the queue before anything is claimed: as expired where the vendor cannot have it,
-- its value lost, else in doubt. Events of a time before oldest are too old for the vendor; those that may have arrived
-- before oldest_repeat would be counted twice if they were sent again.
with expired as (
    update analytics.conversion_events
    set
        state = case when sent_at is null then 'expired' else 'in_doubt' end,
        reason = case when event_time < %(oldest)s then %(too_old)s else %(repeat_over)s end,
        payload = case when sent_at is null then null else payload end,
        not_before = null
    where
        tenant_id = %(tenant_id)s
        and destination = %(destination)s
        and destination_id = %(destination_id)s
        and state = 'queued'
        and (event_time < %(oldest)s or sent_at < %(oldest_repeat)s)
    returning state, currency, value_minor, event_name
)

select
    state,
    currency,
    count(*) as events,
    count(*) filter (where event_name = 'purchase') as orders,
    coalesce(sum(value_minor) filter (where event_name = 'purchase'), 0)::bigint as value_minor
from expired
group by state, currency
order by state, currency
