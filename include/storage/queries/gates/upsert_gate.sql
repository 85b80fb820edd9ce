insert into analytics.destination_gates as gates (tenant_id, destination_id, state, not_before, reason, strikes)
values (%(tenant_id)s, %(destination_id)s, %(state)s, %(not_before)s, %(reason)s, 1)
on conflict (tenant_id, destination_id) do update
set
    state = excluded.state,
    not_before = excluded.not_before,
    reason = excluded.reason,
    strikes = gates.strikes + 1,
    changed_at = clock_timestamp()
