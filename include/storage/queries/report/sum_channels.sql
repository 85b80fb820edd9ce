-- Credit of the week and of the one before; spend is the same in every model, so each model's row holds it once. What of a
-- platform's spend is not stored, or has no rate, may belong to any channel that its campaigns are in; incomplete may be
-- about credit.
with rows_of_weeks as (
    select
        model, channel, platform, day >= %(monday)s::date as is_current, revenue_minor, conversions, spend_minor,
        campaign = '(not stored)' or spend_minor is null and impressions is not null as is_unknown
    from analytics.attribution_metrics_daily
    where
        tenant_id = %(tenant_id)s
        and clock = %(clock)s
        and day >= %(monday)s::date - 7
        and day < %(monday)s::date + 7
),
not_known as (
    select distinct platform
    from rows_of_weeks
    where is_current and is_unknown
)
select
    model,
    channel,
    coalesce(sum(revenue_minor) filter (where is_current), 0)::bigint as revenue_minor,
    coalesce(sum(revenue_minor) filter (where not is_current), 0)::bigint as previous_minor,
    coalesce(sum(conversions) filter (where is_current), 0) as conversions,
    sum(spend_minor) filter (where is_current)::bigint as spend_minor,
    coalesce(bool_or(platform in (select platform from not_known)) filter (where is_current), false) as spend_incomplete
from rows_of_weeks
group by model, channel
order by model, channel
