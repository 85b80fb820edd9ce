select refund_id, refunded_at, goods_minor + shipping_minor + tax_minor as amount_minor
from analytics.refunds
where tenant_id = %(tenant_id)s::bigint and order_id = %(order_id)s::bigint
order by refunded_at, refund_id
