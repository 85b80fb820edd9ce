insert into analytics.ad_spend_daily (
    tenant_id, platform, account_id, report_date, level, entity_id, campaign_id, adgroup_id, ad_id, entity_name, family,
    spend, impressions, clicks, platform_conversions, platform_conversion_value, currency, timezone, is_final,
    metric_set_version, api_version, request_id, load_id, fetched_at
)
select %(tenant_id)s, %(platform)s, %(account_id)s, staged.report_date::date, level, entity_id, campaign_id, adgroup_id,
       ad_id, entity_name, family, spend::numeric(20, 6), impressions, clicks, platform_conversions::numeric(20, 6),
       platform_conversion_value::numeric(20, 6), currency, %(timezone)s,
       staged.report_date::date < %(final_before)s, %(metric_set_version)s, %(api_version)s, request_id, %(load_id)s,
       %(fetched_at)s
from spend_stage as staged
join spend_days on spend_days.report_date = staged.report_date::date
