insert into analytics.destination_gates (tenant_id, destination_id, state, not_before, reason)
values (%(tenant_id)s, %(destination_id)s, %(state)s, %(not_before)s, %(reason)s)
on conflict (tenant_id, destination_id) do update
set
    state = excluded.state,
    not_before = excluded.not_before,
    reason = excluded.reason,
    changed_at = clock_timestamp()
