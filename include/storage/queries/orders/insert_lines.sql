insert into analytics.order_lines (
    tenant_id, order_id, line_id, product_id, variant_id, sku, quantity, unit_price_minor, discount_minor, tax_minor,
    gift_card
)
select
    %(tenant_id)s, order_id, line_id, product_id, variant_id, sku, quantity, unit_price_minor, discount_minor, tax_minor,
    gift_card
from order_changes
join stage_lines using (order_id)
where order_changes.rewritten
