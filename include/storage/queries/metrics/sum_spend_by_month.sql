select
    date_trunc('month', day)::date as month,
    case when bool_and(ad_spend is not null) then sum(ad_spend) end as spend,
    count(*) as days
from analytics.metrics_daily
where tenant_id = %(tenant_id)s and day >= %(first)s and day < %(last)s
group by 1
