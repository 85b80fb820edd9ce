-- Of two workers that were told at the same time, the longer wait stands; a replaced credential starts anew.
insert into control.api_throttles as throttle (scope, state, not_before, reason, credential)
values (%(scope)s, %(state)s, %(not_before)s, %(reason)s, %(credential)s)
on conflict (scope) do update
set
    state = excluded.state,
    not_before = case
        when throttle.credential = excluded.credential then greatest(throttle.not_before, excluded.not_before)
        else excluded.not_before
    end,
    reason = excluded.reason,
    strikes = case when throttle.credential = excluded.credential then throttle.strikes + 1 else 1 end,
    credential = excluded.credential,
    noted_at = clock_timestamp()
returning not_before
