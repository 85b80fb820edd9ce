-- What refunds of these orders gave back, without tax, in minor units; tax apart.
create temporary table refunded on commit drop as
select
    refunds.order_id,
    refunds.refund_id,
    refunds.refunded_at,
    refunds.goods_minor - case when sold_orders.taxes_included then of_goods.tax else 0 end as returns,
    refunds.shipping_minor - case when sold_orders.taxes_included then refunds.tax_minor - of_goods.tax else 0 end
        as shipping,
    refunds.tax_minor as tax
from sold_orders
join analytics.refunds on refunds.tenant_id = %(tenant_id)s and refunds.order_id = sold_orders.order_id
cross join lateral (
    select least(
        refunds.tax_minor,
        case
            when jsonb_array_length(refunds.lines) > 0
                then (select sum((line ->> 'tax_minor')::bigint) from jsonb_array_elements(refunds.lines) as line)
            when refunds.shipping_minor = 0 then refunds.tax_minor
            else round(
                refunds.tax_minor::numeric * refunds.goods_minor / (refunds.goods_minor + refunds.shipping_minor)
            )
        end
    )::bigint as tax
) as of_goods
