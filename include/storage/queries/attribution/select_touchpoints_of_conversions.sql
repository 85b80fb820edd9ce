with selected as materialized (
    select visitor_id, customer_id
    from analytics.selected_conversions(
        %(tenant_id)s::bigint, %(start)s::timestamptz, %(end)s::timestamptz,
        %(due_at)s::timestamptz, %(ids)s::bigint[]
    )
),
visitors as (
    select visitor_id from selected where visitor_id is not null
    union
    select identities.visitor_id
    from selected
    join analytics.visitor_identities as identities
        on identities.tenant_id = %(tenant_id)s::bigint and identities.customer_id = selected.customer_id
)
select
    touchpoints.touchpoint_id,
    touchpoints.visitor_id,
    touchpoints.occurred_at,
    touchpoints.exposure_key,
    -- One number for priority and marks: each column costs as much as any other.
    touchpoints.priority::integer * 8
    + (touchpoints.channel = 'Direct')::integer
    + 2 * (touchpoints.type = 'view')::integer
    + 4 * (%(consent)s::text <> 'ignore'
           and touchpoints.consent is distinct from 'granted'
           and (%(consent)s::text = 'require_granted' or touchpoints.consent is not distinct from 'denied')
    )::integer as marks
from visitors
join analytics.touchpoints using (visitor_id)
where
    touchpoints.tenant_id = %(tenant_id)s::bigint
    and touchpoints.occurred_at >= %(touch_start)s::timestamptz
    and touchpoints.occurred_at < %(end)s::timestamptz
    and touchpoints.type <> 'survey'
