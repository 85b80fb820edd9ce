-- An order's events at a destination that may have been received and are not settled, by the shop's own id of the order.
select
    events.order_id,
    events.event_name,
    events.event_seq,
    events.event_id,
    events.event_time,
    events.sent_at as first_sent_at,
    coalesce(events.accepted_at, events.sent_at) as sent_at,
    events.state,
    events.reason,
    events.fence,
    coalesce(events.sent_value_minor, events.value_minor) as value_minor,
    events.currency,
    (
        events.payload is null
        or events.event_name = 'purchase' and (orders.test or orders.cancelled_at is not null)
    ) as void
from analytics.conversion_events as events
join analytics.orders
    on orders.tenant_id = %(tenant_id)s and orders.order_id = events.order_id
where
    events.tenant_id = %(tenant_id)s
    and events.destination_id = %(destination_id)s
    and orders.external_id = %(order)s
    and events.event_name = 'purchase'
    and events.state in ('accepted', 'in_doubt')
    and events.sent_at is not null
