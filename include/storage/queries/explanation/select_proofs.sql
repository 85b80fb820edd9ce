-- The earliest touch and the earliest order that name both the visitor and the customer, and how many do.
with named as (
    select visitor_id, 'touch' as kind, external_id, touchpoint_id as id, occurred_at as at
    from analytics.touchpoints
    where
        tenant_id = %(tenant_id)s::bigint
        and visitor_id = any(%(visitor_ids)s::bigint[])
        and customer_id = %(customer_id)s::bigint
    union all
    select visitor_id, 'order', external_id, order_id, placed_at
    from analytics.orders
    where
        tenant_id = %(tenant_id)s::bigint
        and visitor_id = any(%(visitor_ids)s::bigint[])
        and customer_id = %(customer_id)s::bigint
)
select distinct on (visitor_id, kind)
    visitor_id,
    kind,
    coalesce(external_id, id::text) as external_id,
    at,
    count(*) over (partition by visitor_id, kind) as times
from named
order by visitor_id, kind, at, id
