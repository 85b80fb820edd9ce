delete from analytics.view_through_daily
where
    tenant_id = %(tenant_id)s
    and platform = %(platform)s
    and account_id = %(account_id)s
    and level = %(level)s
    and report_date = any(%(days)s::date[])
