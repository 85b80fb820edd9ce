update analytics.touchpoints as stored
set
    visitor_id = staged.visitor_id,
    customer_id = staged.customer_id,
    occurred_at = staged.occurred_at,
    type = staged.type,
    channel = staged.channel,
    channel_rule = staged.channel_rule,
    source = staged.source,
    medium = staged.medium,
    campaign = staged.campaign,
    content = staged.content,
    term = staged.term,
    utm_id = staged.utm_id,
    platform = staged.platform,
    campaign_id = staged.campaign_id,
    adset_id = null,
    ad_id = null,
    campaign_match = null,
    gclid = staged.gclid,
    gbraid = staged.gbraid,
    wbraid = staged.wbraid,
    fbclid = staged.fbclid,
    ttclid = staged.ttclid,
    landing_page = staged.landing_page,
    referrer = staged.referrer,
    consent = staged.consent,
    exposure_key = staged.exposure_key,
    loaded_at = clock_timestamp()
from stage_touchpoints as staged
join touch_matches using (touchpoint_id)
where
    stored.tenant_id = %(tenant_id)s
    and stored.touchpoint_id = staged.touchpoint_id
    and touch_matches.changed
