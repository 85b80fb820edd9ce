select
    days.report_date,
    days.platform,
    min(days.currency) as currency,
    sum(days.spend) as spend,
    sum(days.spend_unmatched) as spend_unmatched,
    sum(days.spend * rates.rate) as converted,
    sum(days.spend_unmatched * rates.rate) as converted_unmatched
from analytics.v_spend_match as days
left join analytics.exchange_rates as rates
    on rates.tenant_id = days.tenant_id and rates.currency = days.currency and rates.day = days.report_date
where days.tenant_id = %(tenant_id)s
group by days.report_date, days.platform
order by days.report_date, days.platform
