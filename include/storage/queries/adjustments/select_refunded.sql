-- Conversions that have their credit and whose refunds, or what the order says of them, changed. The others get their
-- adjustments together with their credit.
select conversions.conversion_id
from (
    select order_id from refund_changes
    union
    select order_changes.order_id
    from order_changes
    join analytics.refunds on refunds.tenant_id = %(tenant_id)s and refunds.order_id = order_changes.order_id
) as changed
join analytics.conversions using (order_id)
where conversions.tenant_id = %(tenant_id)s and conversions.status in ('attributed', 'unattributed')
