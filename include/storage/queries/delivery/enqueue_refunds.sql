-- What was given back of purchases that are reported, or will be. A cancellation gives back what refunds have not, and
-- once it is in the ledger, refunds that come later are part of it; one that comes before anything was sent needs no
-- event, because the sender leaves the purchase out.
with purchases as (
    select events.*
    from analytics.conversion_events as events
    where
        events.tenant_id = %(tenant_id)s
        and events.destination_id = any(%(destination_ids)s)
        and events.order_id = any(%(order_ids)s)
        and events.event_name = 'purchase'
        and events.event_seq = 0
        and events.state not in ('skipped', 'expired', 'failed')
),

given_back as (
    select
        purchases.destination_id,
        purchases.order_id,
        refunds.refund_id as event_seq,
        refunds.refunded_at as event_time,
        refunds.goods_minor + refunds.shipping_minor
            + case when orders.taxes_included then 0 else refunds.tax_minor end as value_minor
    from purchases
    join analytics.orders on orders.tenant_id = %(tenant_id)s and orders.order_id = purchases.order_id
    join analytics.refunds on refunds.tenant_id = %(tenant_id)s and refunds.order_id = purchases.order_id
    where not exists (
        select 1
        from analytics.conversion_events as cancelled
        where
            cancelled.tenant_id = %(tenant_id)s
            and cancelled.destination_id = purchases.destination_id
            and cancelled.order_id = purchases.order_id
            and cancelled.event_name = 'refund'
            and cancelled.event_seq = 0
    )
),

wanted as (
    select destination_id, order_id, event_seq, event_time, value_minor
    from given_back
    union all
    select
        purchases.destination_id,
        purchases.order_id,
        0,
        orders.cancelled_at,
        purchases.value_minor - coalesce((
            select sum(given_back.value_minor)
            from given_back
            where given_back.destination_id = purchases.destination_id and given_back.order_id = purchases.order_id
        ), 0)
    from purchases
    join analytics.orders on orders.tenant_id = %(tenant_id)s and orders.order_id = purchases.order_id
    where orders.cancelled_at is not null and purchases.sent_at is not null
)

insert into analytics.conversion_events (
    tenant_id, destination_id, destination, order_id, event_name, event_seq, event_id, event_time, state, value_minor,
    currency, run_id
)
select
    %(tenant_id)s,
    wanted.destination_id,
    purchases.destination,
    wanted.order_id,
    'refund',
    wanted.event_seq,
    purchases.event_id,
    wanted.event_time,
    'queued',
    wanted.value_minor,
    purchases.currency,
    %(run_id)s
from wanted
join purchases using (destination_id, order_id)
where
    wanted.value_minor > 0
    and not exists (
        select 1
        from analytics.conversion_events as decided
        where
            decided.tenant_id = %(tenant_id)s
            and decided.destination_id = wanted.destination_id
            and decided.order_id = wanted.order_id
            and decided.event_name = 'refund'
            and decided.event_seq = wanted.event_seq
    )
