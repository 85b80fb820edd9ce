-- What is sent and not settled, of a span of event times; what is confirmed already from confirmed_from on (null: none),
-- because a vendor that shows ids may show it twice later. A row may be put back once only: a fact says that it was.
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
    exists (
        select 1
        from analytics.delivery_facts as facts
        where
            facts.tenant_id = %(tenant_id)s
            and facts.destination_id = events.destination_id
            and facts.order_id = events.order_id
            and facts.event_name = events.event_name
            and facts.event_seq = events.event_seq
            and facts.verdict = %(requeued)s
    ) as requeued,
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
    and (
        events.state in ('accepted', 'in_doubt')
        or (events.state = 'confirmed' and events.event_time >= %(confirmed_from)s::timestamptz)
    )
    and events.sent_at is not null
    and events.event_time >= %(start)s
    and events.event_time < %(end)s
order by events.event_time, events.order_id, events.event_name, events.event_seq
