select
    platform,
    min(currency) as currency,
    count(*) as days,
    min(report_date) as first_day,
    max(report_date) as last_day,
    sum(spend) as spend
from analytics.ad_spend_daily
where tenant_id = %(tenant_id)s and level = 'residual'
group by platform
order by platform
