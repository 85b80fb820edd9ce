-- Purchases in the ledger whose order, or a refund of it, changed. Locked: who claims one at the same time either comes
-- first and is seen here, or comes after and reads the order as it is now.
select events.order_id
from analytics.conversion_events as events
where
    events.tenant_id = %(tenant_id)s
    and events.destination_id = any(%(destination_ids)s)
    and events.order_id in (select order_id from order_changes union select order_id from refund_changes)
    and events.event_name = 'purchase'
    and events.event_seq = 0
    and events.state not in ('skipped', 'expired', 'failed')
for update
