delete from analytics.campaign_map as map
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
