insert into spend_days (report_date, known, restated)
select report_date,
       exists (
           select
           from analytics.ad_spend_daily as stored
           where stored.tenant_id = %(tenant_id)s
             and stored.platform = %(platform)s
             and stored.account_id = %(account_id)s
             and stored.report_date = changed.report_date
             and stored.level = any(%(levels)s)
       ),
       changed.restated
from (
    select report_date, bool_or(kind <> 'relabelled') as restated
    from spend_changes
    group by report_date
) as changed
