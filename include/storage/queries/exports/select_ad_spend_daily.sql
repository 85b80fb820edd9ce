select
    report_date as day,
    platform,
    account_id,
    level,
    entity_id,
    campaign_id,
    adgroup_id,
    ad_id,
    entity_name,
    spend,
    impressions,
    clicks,
    platform_conversions,
    platform_conversion_value,
    currency,
    timezone,
    is_final
from analytics.ad_spend_daily
where tenant_id = %(tenant_id)s::bigint and report_date >= %(first)s::date and report_date < %(last)s::date
order by report_date, platform, account_id, level, entity_id
