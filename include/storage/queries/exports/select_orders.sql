select
    (placed_at at time zone %(timezone)s::text)::date as day,
    order_id,
    external_id,
    name,
    placed_at,
    processed_at,
    cancelled_at,
    test,
    financial_status,
    source_name,
    gateway,
    customer_id,
    currency,
    gross_minor,
    discounts_minor,
    shipping_minor,
    tax_minor,
    tips_minor,
    total_minor,
    taxes_included
from analytics.orders
where
    tenant_id = %(tenant_id)s::bigint
    and placed_at >= %(first)s::date::timestamp at time zone %(timezone)s::text
    and placed_at < %(last)s::date::timestamp at time zone %(timezone)s::text
order by day, order_id
