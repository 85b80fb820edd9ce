insert into analytics.view_through_daily (
    tenant_id, platform, account_id, report_date, date_basis, level, entity_id, campaign_id, adgroup_id, ad_id, action,
    "window", window_days, count, value_native, currency, api_version, load_id, fetched_at
)
select
    %(tenant_id)s, %(platform)s, %(account_id)s, report_date, %(date_basis)s, %(level)s, entity_id, campaign_id, adgroup_id,
    ad_id, action, view_window, window_days, count, value_native, %(currency)s, %(api_version)s, %(load_id)s, %(fetched_at)s
from unnest(
    %(days)s::date[], %(entities)s::text[], %(campaigns)s::text[], %(adgroups)s::text[], %(ads)s::text[],
    %(actions)s::text[], %(windows)s::text[], %(window_days)s::integer[], %(counts)s::numeric[], %(amounts)s::numeric[]
) as claimed (
    report_date, entity_id, campaign_id, adgroup_id, ad_id, action, view_window, window_days, count, value_native
)
