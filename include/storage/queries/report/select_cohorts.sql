select cohort, horizon_days, customers, ltv, cac, incomplete
from analytics.metrics_cohorts
where
    tenant_id = %(tenant_id)s
    and channel = '(all)'
    and cohort > %(monday)s::date - 400
    and cohort <= %(monday)s::date + 6
order by cohort, horizon_days
