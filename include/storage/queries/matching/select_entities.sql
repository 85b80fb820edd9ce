-- A landing page names an ad by its own id, which with Google is only a part of its key.
select platform, account_id, coalesce(ad_id, entity_id) as entity_id, coalesce(campaign_id, entity_id) as campaign_id, adgroup_id, ad_id
from analytics.ad_entities
where tenant_id = %(tenant_id)s
