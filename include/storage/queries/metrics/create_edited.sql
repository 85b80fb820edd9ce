-- What each edit of these orders added or took away, without tax, in minor units. A piece has its share of its line's
-- discount and tax; a line of which nothing is left kept those of all the pieces that were taken away.
create temporary table edited on commit drop as
with pieces as (
    select
        edits.order_id,
        edits.edit_id,
        edits.committed_at,
        edits.quantity,
        lines.unit_price_minor,
        lines.discount_minor,
        lines.tax_minor,
        sold_orders.taxes_included,
        case
            when lines.quantity > 0 then lines.quantity
            else -sum(least(edits.quantity, 0)) over (partition by edits.order_id, edits.line_id)
        end as of_pieces
    from sold_orders
    join analytics.order_edits as edits on edits.tenant_id = %(tenant_id)s and edits.order_id = sold_orders.order_id
    join analytics.order_lines as lines
        on lines.tenant_id = %(tenant_id)s and lines.order_id = edits.order_id and lines.line_id = edits.line_id
    where not (sold_orders.cards_apart and lines.gift_card)
),
shares as (
    select
        order_id,
        edit_id,
        committed_at,
        taxes_included,
        quantity * unit_price_minor as listed,
        coalesce(round(discount_minor::numeric * quantity / nullif(of_pieces, 0)), 0)::bigint as discount,
        coalesce(round(tax_minor::numeric * quantity / nullif(of_pieces, 0)), 0)::bigint as tax
    from pieces
),
edits as (
    select
        order_id,
        edit_id,
        min(committed_at) as committed_at,
        bool_or(taxes_included) as taxes_included,
        sum(listed)::bigint as listed,
        sum(discount)::bigint as discounts,
        sum(tax)::bigint as tax
    from shares
    group by order_id, edit_id
)
select
    edits.order_id,
    edits.edit_id,
    edits.committed_at,
    edits.listed - included.of_all - included.of_discounts as gross,
    edits.discounts - included.of_discounts as discounts,
    edits.tax
from edits
cross join lateral (
    select
        case when edits.taxes_included then edits.tax else 0 end as of_all,
        case
            when edits.taxes_included and edits.listed <> edits.discounts
                then round(edits.tax::numeric * edits.discounts / (edits.listed - edits.discounts))::bigint
            else 0
        end as of_discounts
) as included
