-- Which run wrote a row, and when, is no difference; a row whose campaign has nothing any more goes.
delete from analytics.attribution_metrics_daily as stored
where
    stored.tenant_id = %(tenant_id)s
    and stored.day >= %(first)s
    and stored.day < %(last)s
    and not exists (
        select 1
        from stage_channels as staged
        where
            staged.day = stored.day
            and staged.clock = stored.clock
            and staged.model = stored.model
            and staged.channel = stored.channel
            and staged.platform = stored.platform
            and staged.campaign_id = stored.campaign_id
            and staged.campaign = stored.campaign
            and (staged.currency, staged.is_final, staged.conversions, staged.new_customer_conversions,
                 staged.revenue_minor, staged.new_customer_revenue_minor, staged.view_revenue_minor,
                 staged.adjustments_minor, staged.spend_minor, staged.impressions, staged.clicks,
                 staged.view_through_conversions, staged.incomplete, staged.preference_version, staged.catalogue_version)
                is not distinct from
                (stored.currency, stored.is_final, stored.conversions, stored.new_customer_conversions,
                 stored.revenue_minor, stored.new_customer_revenue_minor, stored.view_revenue_minor,
                 stored.adjustments_minor, stored.spend_minor, stored.impressions, stored.clicks,
                 stored.view_through_conversions, stored.incomplete, stored.preference_version, stored.catalogue_version)
    )
returning stored.day
