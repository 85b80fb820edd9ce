-- The wanted orders that count, as they are now: who bought, and their parts without tax in minor units of their currency.
-- What lines do not say (an import's total) is goods. Of a line that an edit took away wholly nothing is left.
create temporary table sold_orders on commit drop as
with stated as (
    select
        orders.order_id,
        case when %(by_processing)s::boolean then coalesce(orders.processed_at, orders.placed_at) else orders.placed_at end
            as sold_at,
        orders.cancelled_at,
        orders.currency,
        conversions.is_new_customer as is_new,
        conversions.customer_id,
        coalesce(orders.taxes_included, false) as taxes_included,
        orders.total_minor as total,
        coalesce(orders.shipping_minor, 0) as shipping,
        coalesce(orders.tips_minor, 0) as tips,
        coalesce(goods.gift_cards, 0)::bigint as gift_cards,
        coalesce(goods.gross, orders.gross_minor)::bigint as gross,
        coalesce(goods.discounts, case when goods.order_id is null then orders.discounts_minor end, 0)::bigint as discounts,
        coalesce(goods.tax, case when goods.order_id is null then orders.tax_minor end, 0)::bigint as goods_tax,
        case when goods.order_id is null then 0 else greatest(coalesce(orders.tax_minor, 0) - coalesce(goods.tax_ever, 0), 0) end::bigint
            as shipping_tax
    from wanted_orders as wanted
    join analytics.orders on orders.tenant_id = %(tenant_id)s and orders.order_id = wanted.order_id
    left join goods_of_orders as goods on goods.order_id = wanted.order_id
    left join analytics.conversions
        on conversions.tenant_id = %(tenant_id)s and conversions.conversion_id = wanted.order_id
    where
        not (%(exclude_test)s::boolean and orders.test)
        and not (
            %(exclude_unpaid)s::boolean and orders.financial_status not in ('paid', 'partially_refunded', 'refunded')
        )
        and not (%(exclude_cancelled)s::boolean and orders.cancelled_at is not null)
        and not (%(exclude_zero_value)s::boolean and orders.total_minor = 0)
        and not (coalesce(orders.source_name, '') = any(%(excluded_sources)s::text[]))
),
-- Tax that prices include is part of goods after discounts; the discount held its share of it too.
unpacked as (
    select
        stated.*,
        coalesce(gross, total - shipping - tips + discounts - case when taxes_included then 0 else goods_tax end) as listed,
        case when taxes_included then goods_tax else 0 end as included,
        case
            when taxes_included and gross > discounts
                then round(goods_tax::numeric * discounts / (gross - discounts))::bigint
            else 0
        end as included_in_discounts
    from stated
)
select
    order_id,
    sold_at,
    cancelled_at,
    currency,
    is_new,
    customer_id,
    taxes_included,
    listed - included - included_in_discounts as gross,
    discounts - included_in_discounts as discounts,
    shipping - case when taxes_included then shipping_tax else 0 end as shipping,
    goods_tax + shipping_tax as tax,
    tips,
    gift_cards,
    total - (listed - discounts) - gift_cards - shipping - tips
        - case when taxes_included then 0 else goods_tax + shipping_tax end as other
from unpacked
