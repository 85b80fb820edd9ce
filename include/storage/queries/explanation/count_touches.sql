select count(*) as touches
from analytics.touchpoints
where
    tenant_id = %(tenant_id)s::bigint
    and visitor_id = any(%(visitor_ids)s::bigint[])
    and occurred_at >= %(start)s::timestamptz
    and occurred_at <= %(end)s::timestamptz
    and type <> 'survey'
