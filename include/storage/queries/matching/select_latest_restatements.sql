-- What the last load that restated anything found, per platform; campaigns only: levels are views of the same money.
select
    platform,
    min(currency) as currency,
    count(*) as campaigns,
    count(distinct report_date) as days,
    min(report_date) as first_day,
    max(report_date) as last_day,
    sum(coalesce(spend_after, 0) - coalesce(spend_before, 0)) as difference
from analytics.ad_spend_restatements
where
    tenant_id = %(tenant_id)s
    and level = 'campaign'
    and restated_at = %(restated_at)s
group by platform
order by platform
