update analytics.refunds
set
    external_id = stage_refunds.external_id,
    order_id = stage_refunds.order_id,
    refunded_at = stage_refunds.refunded_at,
    currency = stage_refunds.currency,
    goods_minor = stage_refunds.goods_minor,
    shipping_minor = stage_refunds.shipping_minor,
    tax_minor = stage_refunds.tax_minor,
    restocked = stage_refunds.restocked,
    lines = stage_refunds.lines::jsonb,
    updated_at = stage_refunds.updated_at,
    triggered_at = stage_refunds.triggered_at,
    row_digest = stage_refunds.row_digest
from refund_matches
join stage_refunds using (refund_id)
where
    refunds.tenant_id = %(tenant_id)s
    and refunds.refund_id = refund_matches.refund_id
    and not refund_matches.inserted
