-- A conversion in a currency without a rate waits for credit for an unknown time; this is its first status, and its order
-- is delivered in its own currency. event_ids as in enqueue_credited.
insert into analytics.conversion_events (
    tenant_id, destination_id, destination, order_id, event_name, event_seq, event_id, event_time, state, reason,
    value_minor, currency
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
    orders.total_minor,
    orders.currency
from wanted_conversions
join analytics.conversions
    on conversions.tenant_id = %(tenant_id)s and conversions.conversion_id = wanted_conversions.order_id
join analytics.orders on orders.tenant_id = %(tenant_id)s and orders.order_id = wanted_conversions.order_id
cross join unnest(
    %(destination_ids)s::text[], %(destinations)s::text[], %(event_ids)s::text[], %(send_from)s::timestamptz[]
) as wanted (destination_id, destination, event_id, send_from)
where
    wanted_conversions.lacks_rate
    and wanted_conversions.excluded_reason is null
    and conversions.run_id is null
    and orders.cancelled_at is null
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
