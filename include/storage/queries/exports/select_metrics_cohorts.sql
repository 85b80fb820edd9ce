select
    cohort as day,
    channel,
    horizon_days,
    customers,
    spend,
    value,
    ltv,
    cac,
    ltv_cac,
    payback_days,
    currency,
    incomplete,
    preference_version,
    catalogue_version
from analytics.metrics_cohorts
where tenant_id = %(tenant_id)s::bigint and cohort >= %(first)s::date and cohort < %(last)s::date
order by cohort, channel, horizon_days
