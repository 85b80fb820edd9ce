-- The name is that of the latest day: its day is put before it, so that the largest text carries it.
with seen as (
    select level, entity_id,
           nullif(substr(max(report_date || coalesce(entity_name, '')), 11), '') as name,
           max(campaign_id) as campaign_id, max(adgroup_id) as adgroup_id, max(ad_id) as ad_id, max(family) as family,
           min(report_date)::date as first_seen, max(report_date)::date as last_seen
    from spend_stage
    where level in ('campaign', 'adgroup', 'ad')
    group by level, entity_id
)
insert into analytics.ad_entities as entity (
    tenant_id, platform, account_id, level, entity_id, name, campaign_id, adgroup_id, ad_id, family, first_seen,
    last_seen
)
select %(tenant_id)s, %(platform)s, %(account_id)s, level, entity_id, name, campaign_id, adgroup_id, ad_id, family,
       first_seen, last_seen
from seen
on conflict (tenant_id, platform, account_id, level, entity_id) do update
set name = case when excluded.last_seen >= entity.last_seen then coalesce(excluded.name, entity.name) else entity.name end,
    campaign_id = coalesce(excluded.campaign_id, entity.campaign_id),
    adgroup_id = coalesce(excluded.adgroup_id, entity.adgroup_id),
    ad_id = coalesce(excluded.ad_id, entity.ad_id),
    family = coalesce(excluded.family, entity.family),
    first_seen = least(entity.first_seen, excluded.first_seen),
    last_seen = greatest(entity.last_seen, excluded.last_seen),
    updated_at = clock_timestamp()
where (entity.name, entity.campaign_id, entity.adgroup_id, entity.ad_id, entity.family)
      is distinct from (coalesce(excluded.name, entity.name), coalesce(excluded.campaign_id, entity.campaign_id),
                        coalesce(excluded.adgroup_id, entity.adgroup_id), coalesce(excluded.ad_id, entity.ad_id),
                        coalesce(excluded.family, entity.family))
   or excluded.first_seen < entity.first_seen
   or excluded.last_seen > entity.last_seen
