-- What the conversions of new and changed orders should say.
create temporary table wanted_conversions on commit drop as
select
    stage_orders.order_id,
    stage_orders.visitor_id,
    coalesce(stage_orders.customer_id, current.customer_id) as customer_id,
    stage_orders.placed_at as occurred_at,
    stage_orders.cancelled_at,
    stage_orders.total_minor as value_minor,
    stage_orders.currency,
    stage_orders.currency <> %(currency)s::text
        and not exists (
            select 1
            from analytics.exchange_rates as rates
            where
                rates.tenant_id = %(tenant_id)s
                and rates.currency = stage_orders.currency
                and rates.day = (stage_orders.placed_at at time zone %(timezone)s)::date
                and rates.rate is not null
        ) as lacks_rate,
    case
        when stage_orders.test then 'test_order'
        when stage_orders.financial_status not in ('paid', 'partially_refunded', 'refunded') then 'not_paid'
    end as excluded_reason
from order_changes
join stage_orders using (order_id)
left join (
    select distinct on (identities.visitor_id) identities.visitor_id, identities.customer_id
    from analytics.visitor_identities as identities
    where
        identities.tenant_id = %(tenant_id)s
        and identities.visitor_id in (
            select stage_orders.visitor_id from order_changes join stage_orders using (order_id)
        )
    order by identities.visitor_id, identities.valid_from, identities.customer_id
) as current on current.visitor_id = stage_orders.visitor_id
