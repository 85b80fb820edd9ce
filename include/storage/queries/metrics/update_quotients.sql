-- rows: an array of objects, column -> decimal text or null, with their day.
update stage_days
set
    cac_spend = made.cac_spend,
    aov = made.aov,
    return_rate = made.return_rate,
    discount_rate = made.discount_rate,
    new_customer_share = made.new_customer_share,
    roas = made.roas,
    mer = made.mer,
    acos = made.acos,
    amer = made.amer,
    cpa = made.cpa,
    cac = made.cac,
    cpm = made.cpm,
    cpc = made.cpc,
    ctr = made.ctr,
    conversion_rate = made.conversion_rate,
    revenue_per_session = made.revenue_per_session,
    unattributed_share = made.unattributed_share,
    path_length = made.path_length,
    time_lag_hours = made.time_lag_hours
from jsonb_populate_recordset(null::analytics.metrics_daily, %(rows)s::jsonb) as made
where made.day = stage_days.day
