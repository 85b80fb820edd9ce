-- Of the conversions whose credit was just written, those that were cancelled or refunded, or had been.
select conversions.conversion_id
from stage_conversions
join analytics.conversions using (conversion_id)
where conversions.tenant_id = %(tenant_id)s and conversions.cancelled_at is not null
union
select stage_conversions.conversion_id
from stage_conversions
join analytics.refunds on refunds.tenant_id = %(tenant_id)s and refunds.order_id = stage_conversions.conversion_id
union
select stage_conversions.conversion_id
from stage_conversions
join analytics.credit_adjustments as adjustments using (conversion_id)
where adjustments.tenant_id = %(tenant_id)s
