-- Every movement of goods of the window's local days: sold, added or taken away by an edit, refunded, returned, cancelled.
-- pieces and worth (net sales without tax, minor units of the order's currency) are signed; unit_cost is in minor units of the
-- tenant's currency, of the instant of the sale. A refund takes back sales on the day it counts; the goods it returns, and with
-- them their cost, came back when it was made. Reads sold_orders and refunded, whose orders and clock it keeps.
create temporary table goods_events on commit drop as
with edits as (
    select
        edits.order_id,
        edits.line_id,
        sum(edits.quantity) as pieces,
        -sum(least(edits.quantity, 0)) as taken
    from sold_orders
    join analytics.order_edits as edits on edits.tenant_id = %(tenant_id)s and edits.order_id = sold_orders.order_id
    group by edits.order_id, edits.line_id
),
lines as (
    select
        sold.order_id,
        lines.line_id,
        sold.sold_at,
        sold.edits_on_own_day,
        sold.refunds_on_own_day,
        sold.cancelled_at,
        sold.currency,
        coalesce(nullif(lines.sku, ''), lines.variant_id, lines.product_id, lines.line_id::text) as product,
        lines.quantity,
        coalesce(edits.pieces, 0) as edited,
        (shared.pieces * lines.unit_price_minor - lines.discount_minor
         - case when sold.taxes_included then lines.tax_minor else 0 end)::numeric / shared.pieces as worth_of_piece,
        costs.unit_cost_minor * worth.rate as unit_cost,
        costs.is_assumed,
        case
            when costs.unit_cost_minor is not null and worth.rate is null
                then coalesce(rates.reason, 'no rate of ' || costs.currency || ' on ' || sold_day.day || ': run sync_fx_rates')
        end as reason
    from sold_orders as sold
    join analytics.order_lines as lines on lines.tenant_id = %(tenant_id)s and lines.order_id = sold.order_id
    left join edits on edits.order_id = lines.order_id and edits.line_id = lines.line_id
    cross join lateral (select coalesce(nullif(lines.quantity, 0), nullif(edits.taken, 0)) as pieces) as shared
    cross join lateral (select (sold.sold_at at time zone %(timezone)s)::date as day) as sold_day
    left join lateral (
        select known.unit_cost_minor, known.currency, not %(newest_cost)s::boolean and known.valid_from > sold.sold_at as is_assumed
        from analytics.product_costs as known
        where
            known.tenant_id = %(tenant_id)s
            and known.source = any(%(sources)s::text[])
            and (
                known.variant_id <> '' and known.variant_id = lines.variant_id
                or known.sku <> '' and known.sku = lines.sku and (known.variant_id = '' or lines.variant_id is null)
            )
            and case
                when %(newest_cost)s::boolean then known.valid_from <= %(now)s
                when known.valid_from <= sold.sold_at then known.valid_to is null or sold.sold_at < known.valid_to
                -- A shop keeps no history of its costs: before the first one that is known, that one is assumed.
                else
                    known.source = 'shopify'
                    and known.valid_from <= %(now)s
                    and not exists (
                        select 1
                        from analytics.product_costs as earlier
                        where
                            earlier.tenant_id = %(tenant_id)s
                            and earlier.source = known.source
                            and earlier.variant_id = known.variant_id
                            and earlier.sku = known.sku
                            and earlier.valid_from < known.valid_from
                    )
            end
        order by
            not %(newest_cost)s::boolean and known.valid_from > sold.sold_at,
            array_position(%(sources)s::text[], known.source), (known.variant_id <> '') desc, known.valid_from desc
        limit 1
    ) as costs on true
    left join analytics.exchange_rates as rates
        on rates.tenant_id = %(tenant_id)s and rates.currency = costs.currency and rates.day = sold_day.day
    left join unnest(%(currencies)s::text[], %(exponents)s::integer[]) as units (currency, exponent)
        on units.currency = costs.currency
    cross join lateral (
        select
            case
                when costs.currency = %(currency)s::text then 1
                else rates.rate * power(10::numeric, %(exponent)s::integer - coalesce(units.exponent, 2))
            end as rate
    ) as worth
    where not lines.gift_card and shared.pieces is not null
),
given as (
    select
        refunded.order_id,
        refunded.refund_id,
        refunded.refunded_at,
        refunds.restocked,
        refunds.lines,
        sold_orders.taxes_included,
        jsonb_array_length(refunds.lines) > 0 as names_lines,
        -- What its lines do not explain: all of a refund without lines, the discrepancy of another.
        case
            when jsonb_array_length(refunds.lines) > 0
                then refunds.goods_minor
                    - (select sum((line ->> 'subtotal_minor')::bigint) from jsonb_array_elements(refunds.lines) as line)
            else refunded.returns
        end as unexplained
    from refunded
    join sold_orders on sold_orders.order_id = refunded.order_id
    join analytics.refunds on refunds.tenant_id = %(tenant_id)s and refunds.refund_id = refunded.refund_id
),
named as (
    select
        given.order_id,
        given.refund_id,
        given.refunded_at,
        (line ->> 'line_id')::bigint as line_id,
        (line ->> 'quantity')::numeric as pieces,
        (line ->> 'subtotal_minor')::numeric
            - case when given.taxes_included then (line ->> 'tax_minor')::bigint else 0 end as worth,
        coalesce((line ->> 'restocked')::boolean, given.restocked, false) as restocked
    from given
    cross join lateral jsonb_array_elements(given.lines) as line
),
shares as (
    select
        given.order_id,
        given.refund_id,
        given.refunded_at,
        given.restocked,
        given.names_lines,
        given.unexplained,
        lines.line_id,
        lines.quantity,
        of_line.worth,
        sum(of_line.worth) over (partition by given.refund_id) as of_all
    from given
    join lines on lines.order_id = given.order_id
    left join (
        select refund_id, line_id, sum(worth) as worth from named group by refund_id, line_id
    ) as of_refund on of_refund.refund_id = given.refund_id and of_refund.line_id = lines.line_id
    cross join lateral (
        select
            case
                when given.names_lines then coalesce(of_refund.worth, 0)
                else greatest(lines.worth_of_piece * lines.quantity, 0)
            end as worth
    ) as of_line
    where given.unexplained <> 0
),
given_back as (
    select order_id, line_id, refunded_at, pieces, worth, restocked
    from named
    union all
    -- Pieces only where goods came back and nobody says which: then each line's, as far as its worth was refunded.
    select
        order_id,
        line_id,
        refunded_at,
        case when names_lines or not coalesce(restocked, false) then 0 else quantity * least(unexplained / of_all, 1) end,
        unexplained * worth / of_all,
        coalesce(restocked, false)
    from shares
    where of_all > 0
),
happened as (
    select lines.*, 'sale' as kind, sold_at as at, quantity - edited as pieces, worth_of_piece * (quantity - edited) as worth,
        true as with_cost
    from lines
    union all
    select lines.*, 'edit', case when lines.edits_on_own_day then edits.committed_at else sold_at end,
        edits.quantity, worth_of_piece * edits.quantity, true
    from lines
    join analytics.order_edits as edits
        on edits.tenant_id = %(tenant_id)s and edits.order_id = lines.order_id and edits.line_id = lines.line_id
    union all
    select lines.*, 'refund', case when lines.refunds_on_own_day then given_back.refunded_at else sold_at end,
        0, -given_back.worth, false
    from lines
    join given_back on given_back.order_id = lines.order_id and given_back.line_id = lines.line_id
    union all
    select lines.*, 'return', given_back.refunded_at, -given_back.pieces, 0,
        case %(returned_cost_policy)s::text when 'always' then true when 'never' then false else given_back.restocked end
    from lines
    join given_back on given_back.order_id = lines.order_id and given_back.line_id = lines.line_id
    union all
    -- What was cancelled never left: its cost is given back whatever the policy of returns.
    select lines.*, 'cancellation', case when lines.refunds_on_own_day then cancelled_at else sold_at end,
        -greatest(quantity - coalesce(back.pieces, 0), 0), coalesce(back.worth, 0) - worth_of_piece * quantity, true
    from lines
    left join (
        select order_id, line_id, sum(pieces) as pieces, sum(worth) as worth from given_back group by order_id, line_id
    ) as back on back.order_id = lines.order_id and back.line_id = lines.line_id
    where cancelled_at is not null
)
select
    order_id, line_id, kind, (at at time zone %(timezone)s)::date as day, currency, product,
    pieces, worth, with_cost, unit_cost, coalesce(is_assumed, false) as is_assumed, reason
from happened
where (pieces <> 0 or worth <> 0) and at >= %(start)s and at < %(end)s
