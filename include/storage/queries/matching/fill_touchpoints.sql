with filled as (
    update analytics.touchpoints as touches
    set
        campaign_match = met.match,
        platform = met.platform,
        campaign_id = met.campaign_id,
        adset_id = coalesce(met.adgroup_id, touches.adset_id),
        ad_id = coalesce(met.ad_id, touches.ad_id)
    from touch_clues
    join met_clues as met
        on met.clue = touch_clues.clue
        and touch_clues.occurred_at >= met.from_instant
        and touch_clues.occurred_at < met.to_instant
    where touches.tenant_id = %(tenant_id)s and touches.touchpoint_id = touch_clues.touchpoint_id
    returning touches.touchpoint_id, touches.occurred_at
)
insert into changed_touches
select touchpoint_id, occurred_at
from filled
