-- A purchase that the vendor never got needs no taking back.
update analytics.conversion_events as refunds
set state = 'skipped', reason = %(reason)s, payload = null
from analytics.conversion_events as purchases
where
    refunds.tenant_id = %(tenant_id)s
    and refunds.destination = 'ga4'
    and refunds.destination_id = %(destination_id)s
    and refunds.event_name = 'refund'
    and refunds.state = 'queued'
    and purchases.tenant_id = %(tenant_id)s
    and purchases.destination_id = refunds.destination_id
    and purchases.order_id = refunds.order_id
    and purchases.event_name = 'purchase'
    and purchases.event_seq = 0
    and purchases.state in ('skipped', 'expired', 'failed')
