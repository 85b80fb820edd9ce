-- What waits for a destination: orders and their value by currency, and the oldest event.
select
    currency,
    count(*) filter (where event_name = 'purchase') as orders,
    count(*) as events,
    coalesce(sum(value_minor) filter (where event_name = 'purchase'), 0)::bigint as value_minor,
    min(event_time) as oldest
from analytics.conversion_events
where
    tenant_id = %(tenant_id)s
    and destination = %(destination)s
    and destination_id = %(destination_id)s
    and state = 'queued'
group by currency
order by currency
