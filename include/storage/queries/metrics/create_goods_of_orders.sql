-- What the lines of the wanted orders come to, gift cards apart, in minor units: those of an order without any are null. An
-- order without lines has no row.
create temporary table goods_of_orders on commit drop as
select
    order_lines.order_id,
    coalesce(sum(quantity * unit_price_minor) filter (where not gift_card), 0)::bigint as gross,
    coalesce(sum(discount_minor) filter (where not gift_card and quantity > 0), 0)::bigint as discounts,
    coalesce(sum(tax_minor) filter (where not gift_card and quantity > 0), 0)::bigint as tax,
    sum(quantity * unit_price_minor) filter (where gift_card)::bigint as cards_gross,
    sum(discount_minor) filter (where gift_card and quantity > 0)::bigint as cards_discounts,
    sum(tax_minor) filter (where gift_card and quantity > 0)::bigint as cards_tax,
    sum(tax_minor)::bigint as tax_ever
from wanted_orders as wanted
join analytics.order_lines on order_lines.tenant_id = %(tenant_id)s and order_lines.order_id = wanted.order_id
group by order_lines.order_id
