-- Which run wrote a row, and when, is no difference.
delete from analytics.metrics_daily as stored
using stage_days as staged
where
    stored.tenant_id = %(tenant_id)s
    and stored.day = staged.day
    and (to_jsonb(stored) - 'run_id' - 'changed_at') is distinct from (to_jsonb(staged) - 'run_id' - 'changed_at')
