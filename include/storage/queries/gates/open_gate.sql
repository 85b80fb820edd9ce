update analytics.destination_gates
set state = 'open', not_before = null, reason = '', strikes = 0, changed_at = clock_timestamp()
where tenant_id = %(tenant_id)s and destination_id = %(destination_id)s and state <> 'open'
