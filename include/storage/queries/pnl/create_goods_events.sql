-- Every movement of goods of the window's local days: sold, added or taken away by an edit, given back, cancelled. pieces
-- and worth (net sales without tax, minor units of the order's currency) are signed; unit_cost is in minor units of the
-- tenant's currency, of the instant of the sale. Reads sold_orders, whose orders and clock it keeps.
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
given_back as (
    select
        refunds.order_id,
        refunds.refund_id,
        refunds.refunded_at,
        refunds.restocked,
        (line ->> 'line_id')::bigint as line_id,
        (line ->> 'quantity')::integer as pieces,
        (line ->> 'subtotal_minor')::bigint
            - case when sold_orders.taxes_included then (line ->> 'tax_minor')::bigint else 0 end as worth
    from sold_orders
    join analytics.refunds on refunds.tenant_id = %(tenant_id)s and refunds.order_id = sold_orders.order_id
    cross join lateral jsonb_array_elements(refunds.lines) as line
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
        coalesce(back.pieces, 0) as returned,
        (shared.pieces * lines.unit_price_minor - lines.discount_minor
         - case when sold.taxes_included then lines.tax_minor else 0 end)::numeric / shared.pieces as worth_of_piece,
        costs.unit_cost_minor * worth.rate as unit_cost,
        case
            when costs.unit_cost_minor is not null and worth.rate is null
                then coalesce(rates.reason, 'no rate of ' || costs.currency || ' on ' || sold_day.day || ': run sync_fx_rates')
        end as reason
    from sold_orders as sold
    join analytics.order_lines as lines on lines.tenant_id = %(tenant_id)s and lines.order_id = sold.order_id
    left join edits on edits.order_id = lines.order_id and edits.line_id = lines.line_id
    left join (
        select order_id, line_id, sum(pieces) as pieces from given_back group by order_id, line_id
    ) as back on back.order_id = lines.order_id and back.line_id = lines.line_id
    cross join lateral (select coalesce(nullif(lines.quantity, 0), nullif(edits.taken, 0)) as pieces) as shared
    cross join lateral (select (sold.sold_at at time zone %(timezone)s)::date as day) as sold_day
    left join lateral (
        select known.unit_cost_minor, known.currency
        from analytics.product_costs as known
        where
            known.tenant_id = %(tenant_id)s
            and known.source = any(%(sources)s::text[])
            and (
                known.variant_id <> '' and known.variant_id = lines.variant_id
                or known.sku <> '' and known.sku = lines.sku and (known.variant_id = '' or lines.variant_id is null)
            )
            and (
                %(newest_cost)s::boolean
                or known.valid_from <= sold.sold_at and (known.valid_to is null or sold.sold_at < known.valid_to)
            )
        order by
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
        -given_back.pieces, -given_back.worth,
        case %(returned_cost_policy)s::text when 'always' then true when 'never' then false else coalesce(given_back.restocked, false) end
    from lines
    join given_back on given_back.order_id = lines.order_id and given_back.line_id = lines.line_id
    union all
    -- What was cancelled never left: its cost is given back whatever the policy of returns.
    select lines.*, 'cancellation', case when lines.refunds_on_own_day then cancelled_at else sold_at end,
        -(quantity - returned), -worth_of_piece * (quantity - returned), true
    from lines
    where cancelled_at is not null and quantity > returned
)
select
    order_id, line_id, kind, (at at time zone %(timezone)s)::date as day, currency, product,
    pieces, worth, with_cost, unit_cost, reason
from happened
where pieces <> 0 and at >= %(start)s and at < %(end)s
