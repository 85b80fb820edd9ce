insert into analytics.attribution_metrics_daily (
    tenant_id, day, clock, model, channel, platform, campaign_id, campaign, currency, is_final, conversions,
    new_customer_conversions, revenue_minor, new_customer_revenue_minor, view_revenue_minor, adjustments_minor,
    spend_minor, impressions, clicks, view_through_conversions, incomplete, preference_version, catalogue_version, run_id,
    changed_at
)
select
    tenant_id, day, clock, model, channel, platform, campaign_id, campaign, currency, is_final, conversions,
    new_customer_conversions, revenue_minor, new_customer_revenue_minor, view_revenue_minor, adjustments_minor,
    spend_minor, impressions, clicks, view_through_conversions, incomplete, preference_version, catalogue_version, run_id,
    changed_at
from stage_channels as staged
where not exists (
    select 1
    from analytics.attribution_metrics_daily as stored
    where
        stored.tenant_id = %(tenant_id)s
        and stored.day = staged.day
        and stored.clock = staged.clock
        and stored.model = staged.model
        and stored.channel = staged.channel
        and stored.platform = staged.platform
        and stored.campaign_id = staged.campaign_id
        and stored.campaign = staged.campaign
)
returning day
