select currency, count(*) as orders, coalesce(sum(value_minor), 0)::bigint as value_minor
from analytics.conversion_events
where
    tenant_id = %(tenant_id)s
    and destination_id = %(destination_id)s
    and state = 'in_doubt'
    and event_name = 'purchase'
group by currency
order by currency
