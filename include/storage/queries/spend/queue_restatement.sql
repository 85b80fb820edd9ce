insert into analytics.restate_queue (tenant_id, day, cause)
select %(tenant_id)s, report_date, 'spend'
from spend_days
where restated
on conflict do nothing
