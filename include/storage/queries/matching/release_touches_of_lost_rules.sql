-- A rule that is gone or reads otherwise has no say any more; its touches are as they were recorded, and met anew.
with released as (
    update analytics.touchpoints as touches
    set
        campaign_match = null,
        platform = recorded.platform,
        campaign_id = case when recorded.platform is not null then touches.utm_id end
    from analytics.touchpoints as stored
    cross join lateral (
        select
            case
                when num_nonnulls(stored.gclid, stored.gbraid, stored.wbraid) > 0 then 'google_ads'
                when stored.fbclid is not null then 'meta'
                when stored.ttclid is not null then 'tiktok'
            end as platform
    ) as recorded
    where
        stored.tenant_id = %(tenant_id)s
        and stored.campaign_match = 'rule'
        and (stored.platform, stored.campaign_id) in (
            select map.platform, map.entity_id
            from analytics.campaign_map as map
            where
                map.tenant_id = %(tenant_id)s
                and map.match = 'rule'
                and not exists (
                    select 1
                    from unnest(%(patterns)s::text[], %(platforms)s::text[], %(campaigns)s::text[], %(days)s::date[])
                        as kept (pattern, platform, entity_id, valid_from)
                    where
                        (kept.pattern, kept.platform, kept.entity_id, kept.valid_from)
                        = (map.pattern, map.platform, map.entity_id, map.valid_from)
                )
        )
        and touches.tenant_id = %(tenant_id)s
        and touches.touchpoint_id = stored.touchpoint_id
    returning touches.touchpoint_id, touches.occurred_at
)
insert into changed_touches
select touchpoint_id, occurred_at
from released
