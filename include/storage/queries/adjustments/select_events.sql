-- What was given back, in the order in which it happened. Tax is inside the amounts where the shop's prices include it.
select conversion_id, refund_id, amount_minor, cancels, (happened_at at time zone %(timezone)s)::date as refund_date
from (
    select
        conversions.conversion_id,
        refunds.refund_id,
        refunds.goods_minor + refunds.shipping_minor
            + case when orders.taxes_included then 0 else refunds.tax_minor end as amount_minor,
        false as cancels,
        refunds.refunded_at as happened_at
    from adjusted_conversions
    join analytics.conversions using (conversion_id)
    join analytics.orders on orders.tenant_id = conversions.tenant_id and orders.order_id = conversions.order_id
    join analytics.refunds on refunds.tenant_id = conversions.tenant_id and refunds.order_id = conversions.order_id
    where conversions.tenant_id = %(tenant_id)s
    union all
    select conversions.conversion_id, 0, 0, true, conversions.cancelled_at
    from adjusted_conversions
    join analytics.conversions using (conversion_id)
    where conversions.tenant_id = %(tenant_id)s and conversions.cancelled_at is not null
) as events
order by conversion_id, happened_at, refund_id
