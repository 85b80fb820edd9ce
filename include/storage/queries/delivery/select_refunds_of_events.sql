-- Refunds of orders as far as the destination is told of them; a cancellation gives back what these do not.
select refunds.order_id, refunds.refund_id, refunds.goods_minor, refunds.shipping_minor, refunds.tax_minor, refunds.lines
from analytics.refunds
join analytics.conversion_events as events
    on events.tenant_id = refunds.tenant_id
    and events.destination_id = %(destination_id)s
    and events.order_id = refunds.order_id
    and events.event_name = 'refund'
    and events.event_seq = refunds.refund_id
    and events.state <> 'skipped'
where refunds.tenant_id = %(tenant_id)s and refunds.order_id = any(%(order_ids)s)
order by refunds.order_id, refunds.refunded_at, refunds.refund_id
