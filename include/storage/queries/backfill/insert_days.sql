insert into analytics.backfill_days (tenant_id, run_id, day, conversions)
select %(tenant_id)s, %(run_id)s, finished.day, finished.number
from unnest(%(days)s::date[], %(numbers)s::integer[]) as finished (day, number)
