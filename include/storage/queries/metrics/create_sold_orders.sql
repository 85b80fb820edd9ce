-- The wanted orders that count, as they are now: who bought, and their parts without tax in minor units of their currency.
-- Switches are those in force when the order was placed, whatever days are asked for, so that its events have the same days
-- in every answer. What lines do not say is the order's own: an import's total is goods, and tax and discounts that no line
-- carries are those of the order, but for an edited one, whose total may hold what is gone. Of a line that an edit took away
-- wholly nothing is left.
create temporary table sold_orders on commit drop as
with stated as (
    select
        orders.order_id,
        case
            when (%(by_processing)s::boolean[])[rule.number] then coalesce(orders.processed_at, orders.placed_at)
            else orders.placed_at
        end as sold_at,
        (%(edits_on_own_day)s::boolean[])[rule.number] as edits_on_own_day,
        (%(refunds_on_own_day)s::boolean[])[rule.number] as refunds_on_own_day,
        orders.cancelled_at,
        orders.currency,
        conversions.is_new_customer as is_new,
        coalesce(conversions.customer_id, -conversions.visitor_id) as person,
        coalesce(orders.taxes_included, false) as taxes_included,
        orders.total_minor as total,
        coalesce(orders.shipping_minor, 0) as shipping,
        coalesce(orders.tips_minor, 0) as tips,
        coalesce(orders.tax_minor, 0) as order_tax,
        case when coalesce(goods.discounts + coalesce(goods.cards_discounts, 0), 0) = 0 then coalesce(orders.discounts_minor, 0) else 0 end
            as order_discounts,
        coalesce(goods.tax_ever, 0) as tax_ever,
        cards.are_apart as cards_apart,
        case
            when goods.order_id is null then orders.gross_minor
            else goods.gross + case when cards.are_apart then 0 else coalesce(goods.cards_gross, 0) end
        end as gross,
        coalesce(goods.discounts, 0) + case when cards.are_apart then 0 else coalesce(goods.cards_discounts, 0) end as discounts,
        coalesce(goods.tax, 0) + case when cards.are_apart then 0 else coalesce(goods.cards_tax, 0) end as goods_tax,
        case when cards.are_apart then goods.cards_gross - coalesce(goods.cards_discounts, 0) else 0 end as cards_amount,
        case when cards.are_apart then coalesce(goods.cards_tax, 0) else 0 end as cards_tax,
        -- Asked of the few orders that say more than their lines.
        case
            when goods.order_id is null then false
            when coalesce(orders.tax_minor, 0) - goods.tax_ever > case when goods.tax_ever = 0 then 0 else coalesce(orders.shipping_minor, 0) end
                or orders.discounts_minor > 0 and goods.discounts + coalesce(goods.cards_discounts, 0) = 0
                then exists (
                    select 1
                    from analytics.order_edits as edits
                    where edits.tenant_id = %(tenant_id)s and edits.order_id = wanted.order_id
                )
            else false
        end as is_edited
    from wanted_orders as wanted
    join analytics.orders on orders.tenant_id = %(tenant_id)s and orders.order_id = wanted.order_id
    left join goods_of_orders as goods on goods.order_id = wanted.order_id
    left join analytics.conversions
        on conversions.tenant_id = %(tenant_id)s and conversions.conversion_id = wanted.order_id
    -- Without a change the number is a constant, and every switch with it.
    cross join lateral (
        select
            case
                when cardinality(%(changes)s::timestamptz[]) = 0 then 1
                else width_bucket(orders.placed_at, %(changes)s::timestamptz[]) + 1
            end as number
    ) as rule
    cross join lateral (
        select goods.cards_gross is not null and not (%(gift_cards_at_sale)s::boolean[])[rule.number] as are_apart
    ) as cards
    where
        not ((%(exclude_test)s::boolean[])[rule.number] and orders.test)
        and not (
            (%(exclude_unpaid)s::boolean[])[rule.number]
            and orders.financial_status not in ('paid', 'partially_refunded', 'refunded')
        )
        and not ((%(exclude_cancelled)s::boolean[])[rule.number] and orders.cancelled_at is not null)
        and not ((%(exclude_zero_value)s::boolean[])[rule.number] and orders.total_minor = 0)
        and not ((%(excluded_sources)s::jsonb[])[rule.number] ? coalesce(orders.source_name, ''))
    -- So that what is asked per order is asked once.
    offset 0
),
listed as (
    select
        stated.*,
        tax_ever = 0 and not is_edited as tax_is_shared,
        discounts + given.more as given_discounts,
        coalesce(
            gross, total - shipping - tips + discounts + given.more - case when taxes_included then 0 else order_tax end
        ) as listed
    from stated
    cross join lateral (select case when is_edited then 0 else order_discounts end as more) as given
),
taxed as (
    select
        listed.*,
        of_shipping.tax as shipping_tax,
        goods_tax + case when is_edited then 0 else greatest(order_tax - tax_ever, 0) - of_shipping.tax end as all_goods_tax
    from listed
    cross join lateral (
        select
            least(
                shipping,
                case
                    when tax_is_shared and shipping > 0
                        then round(order_tax::numeric * shipping / (shipping + greatest(listed - given_discounts, 0)))::bigint
                    else greatest(order_tax - tax_ever, 0)
                end
            ) as tax
    ) as of_shipping
),
-- Tax that prices include is part of goods after discounts; the discount held its share of it too.
unpacked as (
    select
        taxed.*,
        case when taxes_included then all_goods_tax else 0 end as included,
        case
            when taxes_included and listed > given_discounts
                then round(all_goods_tax::numeric * given_discounts / (listed - given_discounts))::bigint
            else 0
        end as included_in_discounts
    from taxed
)
select
    order_id,
    sold_at,
    edits_on_own_day,
    refunds_on_own_day,
    cancelled_at,
    currency,
    is_new,
    person,
    taxes_included,
    tax_is_shared,
    cards_apart,
    listed - given_discounts as goods_amount,
    cards_amount,
    listed - included - included_in_discounts as gross,
    given_discounts - included_in_discounts as discounts,
    shipping - case when taxes_included then shipping_tax else 0 end as shipping,
    all_goods_tax + shipping_tax + cards_tax as tax,
    tips,
    cards_amount - case when taxes_included then cards_tax else 0 end as gift_cards,
    total - (listed - given_discounts) - cards_amount - shipping - tips
        - case when taxes_included then 0 else all_goods_tax + shipping_tax + cards_tax end as other
from unpacked
