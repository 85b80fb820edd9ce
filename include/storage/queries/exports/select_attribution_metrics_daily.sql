select
    day,
    clock,
    model,
    channel,
    platform,
    campaign_id,
    campaign,
    currency,
    is_final,
    conversions,
    new_customer_conversions,
    revenue_minor,
    new_customer_revenue_minor,
    view_revenue_minor,
    adjustments_minor,
    spend_minor,
    impressions,
    clicks,
    view_through_conversions,
    roas,
    cpa_minor,
    ncac_minor,
    incomplete,
    preference_version,
    catalogue_version
from analytics.attribution_metrics_daily
where tenant_id = %(tenant_id)s::bigint and day >= %(first)s::date and day < %(last)s::date
order by day, clock, model, channel, platform, campaign_id, campaign
