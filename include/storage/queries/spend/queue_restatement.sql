insert into analytics.restate_queue (tenant_id, day, cause)
select %(tenant_id)s, report_date, 'spend'
from spend_days
where restated
order by report_date
-- Touching a waiting row makes whoever works it wait for this transaction, so that no change slips by.
on conflict (tenant_id, day, cause) do update
set requested_at = clock_timestamp()
