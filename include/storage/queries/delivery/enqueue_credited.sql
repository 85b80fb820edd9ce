-- Called before the conversions get their status: one without a run has never had any, so that its order is decided now
-- and never again. An order that was enqueued while its currency had no rate is decided already. event_ids hold U+0001
-- where the order's id goes; null for a template that is none, which the sender reports.
insert into analytics.conversion_events (
    tenant_id, destination_id, destination, order_id, event_name, event_seq, event_id, event_time, state, reason,
    value_minor, currency, run_id
)
select
    %(tenant_id)s,
    wanted.destination_id,
    wanted.destination,
    orders.order_id,
    'purchase',
    0,
    replace(wanted.event_id, chr(1), orders.external_id),
    coalesce(orders.processed_at, orders.placed_at),
    case when orders.placed_at < wanted.send_from then 'skipped' else 'queued' end,
    case when orders.placed_at < wanted.send_from then 'before_cutover' end,
    conversions.value_minor,
    conversions.currency,
    %(run_id)s
from stage_conversions
join analytics.conversions using (conversion_id)
join analytics.orders
    on orders.tenant_id = conversions.tenant_id and orders.order_id = conversions.order_id
cross join unnest(
    %(destination_ids)s::text[], %(destinations)s::text[], %(event_ids)s::text[], %(send_from)s::timestamptz[]
) as wanted (destination_id, destination, event_id, send_from)
where
    conversions.tenant_id = %(tenant_id)s
    and conversions.run_id is null
    and orders.cancelled_at is null
    and not orders.test
    and not exists (
        select 1
        from analytics.conversion_events as decided
        where
            decided.tenant_id = %(tenant_id)s
            and decided.destination_id = wanted.destination_id
            and decided.order_id = orders.order_id
            and decided.event_name = 'purchase'
            and decided.event_seq = 0
    )
