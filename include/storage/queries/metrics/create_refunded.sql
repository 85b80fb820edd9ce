-- What refunds of these orders gave back, without tax, in minor units; tax apart, and gift cards where they were no sale. What
-- a refund does not say by line is shared as the order's amounts are.
create temporary table refunded on commit drop as
with cards as (
    select
        refunds.refund_id,
        sum((line ->> 'subtotal_minor')::bigint)::bigint as amount,
        sum((line ->> 'tax_minor')::bigint)::bigint as tax
    from sold_orders as sold
    join analytics.refunds on refunds.tenant_id = %(tenant_id)s and refunds.order_id = sold.order_id
    cross join lateral jsonb_array_elements(refunds.lines) as line
    join analytics.order_lines
        on order_lines.tenant_id = %(tenant_id)s
        and order_lines.order_id = sold.order_id
        and order_lines.line_id = (line ->> 'line_id')::bigint
        and order_lines.gift_card
    where sold.cards_apart
    group by refunds.refund_id
)
select
    refunds.order_id,
    refunds.refund_id,
    refunds.refunded_at,
    refunds.goods_minor - of_cards.amount
        - case when sold.taxes_included then refunds.tax_minor - of_shipping.tax - coalesce(cards.tax, 0) else 0 end as returns,
    of_cards.amount - case when sold.taxes_included then coalesce(cards.tax, 0) else 0 end as gift_cards,
    refunds.shipping_minor - case when sold.taxes_included then of_shipping.tax else 0 end as shipping,
    refunds.tax_minor as tax
from sold_orders as sold
join analytics.refunds on refunds.tenant_id = %(tenant_id)s and refunds.order_id = sold.order_id
left join cards on cards.refund_id = refunds.refund_id
cross join lateral (
    select
        jsonb_array_length(refunds.lines) as number,
        (select coalesce(sum((line ->> 'tax_minor')::bigint), 0) from jsonb_array_elements(refunds.lines) as line) as tax
) as lines
cross join lateral (
    select
        case
            when not sold.cards_apart then 0
            -- A discrepancy may leave less than the lines say.
            when lines.number > 0 then least(coalesce(cards.amount, 0), refunds.goods_minor)
            else coalesce(
                round(refunds.goods_minor::numeric * sold.cards_amount / nullif(sold.goods_amount + sold.cards_amount, 0)), 0
            )
        end::bigint as amount
) as of_cards
cross join lateral (
    select
        least(
            refunds.shipping_minor,
            case
                when refunds.shipping_minor > 0 and lines.tax = 0 and (lines.number = 0 or sold.tax_is_shared)
                    then round(
                        refunds.tax_minor::numeric * refunds.shipping_minor
                        / (refunds.shipping_minor + greatest(refunds.goods_minor - of_cards.amount, 0))
                    )
                else greatest(refunds.tax_minor - lines.tax, 0)
            end
        )::bigint as tax
) as of_shipping
