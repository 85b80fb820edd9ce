insert into analytics.touchpoints (
    tenant_id, touchpoint_id, source_system, external_id, visitor_id, customer_id, occurred_at, type, channel,
    channel_rule, source, medium, campaign, content, term, utm_id, platform, campaign_id, gclid, gbraid, wbraid, fbclid,
    ttclid, landing_page, referrer, consent, exposure_key
)
select
    %(tenant_id)s, staged.touchpoint_id, source_system, external_id, visitor_id, customer_id, occurred_at, type, channel,
    channel_rule, source, medium, campaign, content, term, utm_id, platform, campaign_id, gclid, gbraid, wbraid, fbclid,
    ttclid, landing_page, referrer, consent, exposure_key
from stage_touchpoints as staged
where not exists (select 1 from touch_matches where touch_matches.touchpoint_id = staged.touchpoint_id)
