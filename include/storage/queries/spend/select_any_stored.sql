select 1
from analytics.ad_spend_daily
where tenant_id = %(tenant_id)s
  and platform = %(platform)s
  and account_id = %(account_id)s
  and report_date >= %(date_from)s
  and report_date < %(date_to)s
  and level = any(%(levels)s)
limit 1
