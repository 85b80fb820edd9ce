-- The next due events after a place in the order of the queue, locked; what another transaction holds is left to it.
-- A refund follows its purchase. suppressed: why the order itself forbids a purchase that was never sent.
select
    events.order_id,
    events.event_name,
    events.event_seq,
    events.event_id,
    events.event_time,
    events.attempts,
    events.fence,
    events.sent_at,
    events.payload,
    case
        when events.sent_at is not null or events.event_name = 'refund' then null
        when orders.cancelled_at is not null then 'cancelled'
        when orders.test then 'test_order'
        when orders.financial_status not in ('paid', 'partially_refunded', 'refunded') then 'not_paid'
    end as suppressed
from analytics.conversion_events as events
join analytics.orders on orders.tenant_id = %(tenant_id)s and orders.order_id = events.order_id
where
    events.tenant_id = %(tenant_id)s
    and events.destination = %(destination)s
    and events.destination_id = %(destination_id)s
    and events.state = 'queued'
    and (events.event_time, events.order_id, events.event_name, events.event_seq)
        > (%(after_time)s::timestamptz, %(after_order)s::bigint, %(after_name)s::text, %(after_seq)s::bigint)
    and events.event_time <= %(now)s
    and (events.not_before is null or events.not_before <= %(now)s)
    and (%(run_id)s::text is null or events.run_id = %(run_id)s)
    and (
        events.event_name = 'purchase'
        or exists (
            select 1
            from analytics.conversion_events as purchases
            where
                purchases.tenant_id = %(tenant_id)s
                and purchases.destination_id = %(destination_id)s
                and purchases.order_id = events.order_id
                and purchases.event_name = 'purchase'
                and purchases.event_seq = 0
                and purchases.state in ('accepted', 'confirmed', 'in_doubt')
        )
    )
order by events.event_time, events.order_id, events.event_name, events.event_seq
limit %(limit)s
for update of events skip locked
