-- Channels' spend is the same in every model and clock: one of them is read. Null where a day of one of the channel's
-- platforms is not stored, or has no rate.
with spent as (
    select
        date_trunc('month', day)::date as month,
        channel,
        platform,
        sum(spend_minor) as spend_minor,
        bool_or(campaign = '(not stored)' or spend_minor is null and impressions is not null) as is_unknown
    from analytics.attribution_metrics_daily
    where
        tenant_id = %(tenant_id)s
        and day >= %(first)s
        and day < %(last)s
        and clock = 'conversion'
        and model = 'first_touch'
    group by 1, 2, 3
)
select
    month,
    channel,
    case
        when not bool_or((month, platform) in (select unknown.month, unknown.platform from spent as unknown where is_unknown))
            then coalesce(sum(spend_minor), 0)
    end as spend_minor
from spent
group by month, channel
