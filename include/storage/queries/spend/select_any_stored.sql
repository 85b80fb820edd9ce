-- Ordered by the key, so that it is reached through the key however little the planner knows of a growing table.
select 1
from analytics.ad_spend_daily
where tenant_id = %(tenant_id)s
  and platform = %(platform)s
  and account_id = %(account_id)s
  and report_date >= %(date_from)s
  and report_date < %(date_to)s
  and level = any(%(levels)s)
order by tenant_id, platform, account_id, report_date
limit 1
