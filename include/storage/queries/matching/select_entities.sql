select platform, account_id, entity_id, coalesce(campaign_id, entity_id) as campaign_id, adgroup_id, ad_id
from analytics.ad_entities
where tenant_id = %(tenant_id)s
