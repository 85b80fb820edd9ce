insert into analytics.refunds (
    tenant_id, refund_id, external_id, order_id, refunded_at, currency, goods_minor, shipping_minor, tax_minor,
    restocked, lines, updated_at, triggered_at, row_digest
)
select
    %(tenant_id)s, refund_id, external_id, order_id, refunded_at, currency, goods_minor, shipping_minor, tax_minor,
    restocked, lines::jsonb, updated_at, triggered_at, row_digest
from refund_matches
join stage_refunds using (refund_id)
where refund_matches.inserted
