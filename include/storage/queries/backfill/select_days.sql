-- Days that hold conversions to credit and that this run has not finished.
select conversions.day, conversions.number
from (
    select (occurred_at at time zone %(timezone)s)::date as day, count(*) as number
    from analytics.conversions
    where
        tenant_id = %(tenant_id)s
        and status <> 'excluded'
        and reason is distinct from 'no_fx_rate'
        and occurred_at >= coalesce(%(start)s::timestamptz, '-infinity')
        and occurred_at < coalesce(%(end)s::timestamptz, 'infinity')
    group by 1
) as conversions
where not exists (
    select 1
    from analytics.backfill_days as finished
    where finished.tenant_id = %(tenant_id)s and finished.run_id = %(run_id)s and finished.day = conversions.day
)
order by conversions.day
