delete from analytics.ad_spend_daily as stored
using spend_days
where stored.tenant_id = %(tenant_id)s
  and stored.platform = %(platform)s
  and stored.account_id = %(account_id)s
  and stored.report_date = spend_days.report_date
  and stored.level = any(%(levels)s)
