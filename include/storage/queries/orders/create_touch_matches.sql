-- Rows of touches that are stored already, and whether they say anything new. A campaign that was found for a touch
-- since then (campaign_match) is not the writer's word, and no difference.
create temporary table touch_matches on commit drop as
select
    staged.touchpoint_id,
    (stored.visitor_id, stored.customer_id, stored.occurred_at, stored.type, stored.channel, stored.channel_rule,
     stored.source, stored.medium, stored.campaign, stored.content, stored.term, stored.utm_id,
     case when stored.campaign_match is null then stored.platform else staged.platform end,
     case when stored.campaign_match is null then stored.campaign_id else staged.campaign_id end,
     stored.gclid, stored.gbraid, stored.wbraid, stored.fbclid, stored.ttclid,
     stored.landing_page, stored.referrer, stored.consent, stored.exposure_key)
    is distinct from
    (staged.visitor_id, staged.customer_id, staged.occurred_at, staged.type, staged.channel, staged.channel_rule,
     staged.source, staged.medium, staged.campaign, staged.content, staged.term, staged.utm_id, staged.platform,
     staged.campaign_id, staged.gclid, staged.gbraid, staged.wbraid, staged.fbclid, staged.ttclid,
     staged.landing_page, staged.referrer, staged.consent, staged.exposure_key) as changed
from stage_touchpoints as staged
join analytics.touchpoints as stored
    on stored.tenant_id = %(tenant_id)s and stored.touchpoint_id = staged.touchpoint_id
