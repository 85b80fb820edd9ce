insert into analytics.ad_report_runs (tenant_id, platform, account_id, level, date_from, date_to, report_id, api_version)
values (%(tenant_id)s, %(platform)s, %(account_id)s, %(level)s, %(date_from)s, %(date_to)s, %(report_id)s, %(api_version)s)
on conflict (tenant_id, platform, account_id, level, date_from, date_to) do update
set report_id = excluded.report_id,
    api_version = excluded.api_version,
    requested_at = excluded.requested_at
