-- Channels' spend is the same in every model and clock: one of them is read. Null where a part of it is not known: that
-- has impressions and no amount.
select
    date_trunc('month', day)::date as month,
    channel,
    case when not bool_or(spend_minor is null and impressions is not null) then coalesce(sum(spend_minor), 0) end as spend_minor
from analytics.attribution_metrics_daily
where
    tenant_id = %(tenant_id)s
    and day >= %(first)s
    and day < %(last)s
    and clock = 'conversion'
    and model = 'first_touch'
group by 1, 2
