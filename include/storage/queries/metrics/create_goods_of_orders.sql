-- What the lines of the wanted orders come to, in minor units; an order without lines has no row.
create temporary table goods_of_orders on commit drop as
select
    order_lines.order_id,
    sum(order_lines.quantity * order_lines.unit_price_minor) filter (where is_goods) as gross,
    sum(order_lines.discount_minor) filter (where is_goods and order_lines.quantity > 0) as discounts,
    sum(order_lines.quantity * order_lines.unit_price_minor - order_lines.discount_minor)
        filter (where not is_goods and order_lines.quantity > 0) as gift_cards,
    sum(order_lines.tax_minor) filter (where order_lines.quantity > 0) as tax,
    sum(order_lines.tax_minor) as tax_ever
from wanted_orders as wanted
join analytics.order_lines on order_lines.tenant_id = %(tenant_id)s and order_lines.order_id = wanted.order_id
cross join lateral (
    select %(gift_cards_at_sale)s::boolean or not order_lines.gift_card as is_goods
) as kinds
group by order_lines.order_id
