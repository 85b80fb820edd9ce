select
    report_date, level, entity_id, campaign_id, action, "window", count, currency, window_days, value_native, adgroup_id,
    ad_id
from analytics.view_through_daily
where
    tenant_id = %(tenant_id)s
    and platform = %(platform)s
    and account_id = %(account_id)s
    and level = %(level)s
    and report_date >= %(date_from)s
    and report_date < %(date_to)s
