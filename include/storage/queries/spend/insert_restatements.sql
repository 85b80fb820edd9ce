insert into analytics.ad_spend_restatements (
    tenant_id, platform, account_id, report_date, level, entity_id, load_id, kind, currency, spend_before, spend_after,
    impressions_before, impressions_after, clicks_before, clicks_after, platform_conversions_before,
    platform_conversions_after, platform_conversion_value_before, platform_conversion_value_after, age_days, run_id,
    restated_at
)
select %(tenant_id)s, %(platform)s, %(account_id)s, report_date, level, entity_id, %(load_id)s, kind, %(currency)s,
       spend_before, spend_after, impressions_before, impressions_after, clicks_before, clicks_after,
       platform_conversions_before, platform_conversions_after, platform_conversion_value_before,
       platform_conversion_value_after, %(today)s::date - report_date, %(run_id)s, %(fetched_at)s
from spend_changes
join spend_days using (report_date)
where spend_days.known and kind <> 'relabelled'
on conflict (tenant_id, platform, account_id, report_date, level, entity_id, load_id) do update
set kind = excluded.kind,
    spend_after = excluded.spend_after,
    impressions_after = excluded.impressions_after,
    clicks_after = excluded.clicks_after,
    platform_conversions_after = excluded.platform_conversions_after,
    platform_conversion_value_after = excluded.platform_conversion_value_after
