select
    order_id, line_id, product_id, variant_id, sku, quantity, unit_price_minor, discount_minor, tax_minor, gift_card
from analytics.order_lines
where tenant_id = %(tenant_id)s and order_id = any(%(order_ids)s)
order by order_id, line_id
