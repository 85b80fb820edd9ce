-- in_channels: every day on which something was spent has its spend by channel.
select
    date_trunc('month', days.day)::date as month,
    case when bool_and(days.ad_spend is not null) then sum(days.ad_spend) end as spend,
    count(*) as days,
    bool_and(
        coalesce(days.ad_spend, 0) = 0
        or exists (
            select 1
            from analytics.attribution_metrics_daily as channels
            where
                channels.tenant_id = %(tenant_id)s
                and channels.day = days.day
                and channels.clock = 'conversion'
                and channels.model = 'first_touch'
                and (channels.spend_minor is not null or channels.incomplete is not null)
        )
    ) as in_channels
from analytics.metrics_daily as days
where days.tenant_id = %(tenant_id)s and days.day >= %(first)s and days.day < %(last)s
group by 1
