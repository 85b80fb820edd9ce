select
    touchpoint_id,
    external_id,
    visitor_id,
    occurred_at,
    priority,
    type,
    channel,
    channel_rule,
    exposure_key,
    source,
    medium,
    campaign,
    gclid is not null as has_gclid,
    gbraid is not null as has_gbraid,
    wbraid is not null as has_wbraid,
    fbclid is not null as has_fbclid,
    ttclid is not null as has_ttclid,
    landing_page,
    referrer,
    consent
from analytics.touchpoints
where
    tenant_id = %(tenant_id)s::bigint
    and visitor_id = any(%(visitor_ids)s::bigint[])
    and occurred_at >= %(start)s::timestamptz
    and occurred_at < %(end)s::timestamptz
order by occurred_at, priority, touchpoint_id
