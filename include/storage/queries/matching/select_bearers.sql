select platform, account_id, entity_id as campaign_id, entity_name as name, min(report_date) as first_day, max(report_date) as last_day
from analytics.ad_spend_daily
where tenant_id = %(tenant_id)s and level = 'campaign' and entity_name <> ''
group by platform, account_id, entity_id, entity_name
