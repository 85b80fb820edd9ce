-- A success stands: what an attempt that was overtaken has to say comes too late.
insert into control.account_runs as run (tenant_id, job, run_id, account_id, map_index, window_from, window_to, status,
                                         counts, error, started_at, finished_at)
values (%(tenant_id)s, %(job)s, %(run_id)s, %(account_id)s, %(map_index)s, %(window_from)s, %(window_to)s, %(status)s,
        %(counts)s::jsonb, %(error)s, clock_timestamp() - %(seconds)s * interval '1 second', clock_timestamp())
on conflict (tenant_id, job, run_id, account_id) do update
set map_index = excluded.map_index,
    window_from = excluded.window_from,
    window_to = excluded.window_to,
    status = excluded.status,
    counts = excluded.counts,
    error = excluded.error,
    started_at = excluded.started_at,
    finished_at = excluded.finished_at
where run.status <> 'succeeded'
