select report_id
from analytics.ad_report_runs
where tenant_id = %(tenant_id)s
  and platform = %(platform)s
  and account_id = %(account_id)s
  and level = %(level)s
  and date_from = %(date_from)s
  and date_to = %(date_to)s
  and api_version = %(api_version)s
  and requested_at > clock_timestamp() - %(longest_minutes)s * interval '1 minute'
