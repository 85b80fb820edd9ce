-- Credit of the week and of the one before; spend is the same in every model, so each model's row holds it once. Spend that
-- is not known has impressions and no amount; incomplete may be about credit.
select
    model,
    channel,
    coalesce(sum(revenue_minor) filter (where day >= %(monday)s), 0)::bigint as revenue_minor,
    coalesce(sum(revenue_minor) filter (where day < %(monday)s), 0)::bigint as previous_minor,
    coalesce(sum(conversions) filter (where day >= %(monday)s), 0) as conversions,
    sum(spend_minor) filter (where day >= %(monday)s)::bigint as spend_minor,
    bool_or(spend_minor is null and impressions is not null) filter (where day >= %(monday)s) as spend_incomplete
from analytics.attribution_metrics_daily
where
    tenant_id = %(tenant_id)s
    and clock = 'conversion'
    and day >= %(monday)s::date - 7
    and day < %(monday)s::date + 7
group by model, channel
order by model, channel
