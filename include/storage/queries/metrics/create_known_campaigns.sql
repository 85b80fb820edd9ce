-- Campaigns that the tenant's platforms have named: a touch that bears the platform and id of one is met with it, whether
-- a spend sync has said so in campaign_match or not.
create temporary table known_campaigns on commit drop as
select platform, entity_id as campaign_id
from analytics.ad_entities
where tenant_id = %(tenant_id)s and level = 'campaign'
union
select platform, coalesce(campaign_id, entity_id)
from analytics.ad_spend_daily
where tenant_id = %(tenant_id)s and level = 'campaign'
