insert into analytics.leases as lease (tenant_id, job, dag_id, run_id, task_id, map_index, fence, expires_at)
values (%(tenant_id)s, %(job)s, %(dag_id)s, %(run_id)s, %(task_id)s, %(map_index)s, 1,
        clock_timestamp() + %(ttl_seconds)s * interval '1 second')
on conflict (tenant_id, job) do update
set dag_id = excluded.dag_id,
    run_id = excluded.run_id,
    task_id = excluded.task_id,
    map_index = excluded.map_index,
    fence = lease.fence + 1,
    expires_at = excluded.expires_at
where lease.expires_at <= clock_timestamp()
   or (lease.dag_id, lease.run_id, lease.task_id, lease.map_index)
    = (excluded.dag_id, excluded.run_id, excluded.task_id, excluded.map_index)
returning lease.fence
