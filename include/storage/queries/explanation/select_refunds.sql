-- Tax is inside the amounts where the shop's prices include it.
select
    refunds.refund_id,
    refunds.external_id,
    refunds.refunded_at,
    refunds.goods_minor + refunds.shipping_minor
        + case when orders.taxes_included then 0 else refunds.tax_minor end as amount_minor
from analytics.refunds
join analytics.orders using (tenant_id, order_id)
where refunds.tenant_id = %(tenant_id)s::bigint and refunds.order_id = %(order_id)s::bigint
order by refunds.refunded_at, refunds.refund_id
