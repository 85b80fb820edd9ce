select
    touchpoints.touchpoint_id,
    touchpoints.visitor_id,
    touchpoints.occurred_at,
    touchpoints.priority,
    touchpoints.exposure_key,
    ((touchpoints.channel = 'Direct')::int + 2 * (touchpoints.type = 'view')::int)::smallint as flags
from analytics.touchpoints
where
    touchpoints.tenant_id = %(tenant_id)s::bigint
    and touchpoints.occurred_at >= %(touch_start)s::timestamptz
    and touchpoints.occurred_at < %(end)s::timestamptz
    and touchpoints.type <> 'survey'
    and (%(consent)s::text = 'ignore'
         or touchpoints.consent = 'granted'
         or (%(consent)s::text = 'exclude_denied' and touchpoints.consent is distinct from 'denied'))
