-- Orders that got their first status now and had refunds before it.
select distinct refunds.order_id
from stage_conversions
join analytics.conversions
    on conversions.tenant_id = %(tenant_id)s
    and conversions.conversion_id = stage_conversions.conversion_id
    and conversions.run_id is null
join analytics.refunds
    on refunds.tenant_id = %(tenant_id)s and refunds.order_id = conversions.order_id
