-- The tenant is as far as the worst of its accounts; numbers are added up over them.
with accounts as (
    select *
    from control.account_runs
    where tenant_id = %(tenant_id)s and job = %(job)s and run_id = %(run_id)s
),
added as (
    select counts.key, sum(counts.value::numeric) as value
    from accounts
    cross join lateral jsonb_each_text(accounts.counts) as counts (key, value)
    group by counts.key
)
update control.job_runs as run
set map_index = worked.map_index,
    window_from = worked.window_from,
    window_to = worked.window_to,
    status = worked.status,
    error = worked.error,
    counts = (select coalesce(jsonb_object_agg(added.key, added.value), '{}') from added),
    started_at = worked.started_at,
    finished_at = worked.finished_at
from (
    select max(map_index) as map_index,
           min(window_from) as window_from,
           max(window_to) as window_to,
           coalesce(
               min(status) filter (where status = 'failed'),
               min(status) filter (where status = 'running'),
               min(status) filter (where status = 'deferred'),
               min(status) filter (where status = 'waiting'),
               'succeeded'
           ) as status,
           string_agg(account_id || ': ' || error, '; ' order by account_id) as error,
           min(started_at) as started_at,
           case when bool_and(status <> 'running') then max(finished_at) end as finished_at
    from accounts
) as worked
where run.tenant_id = %(tenant_id)s and run.job = %(job)s and run.run_id = %(run_id)s
