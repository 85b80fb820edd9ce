-- Claims that ran out: the task that held them died, before the request or after it.
update analytics.conversion_events
set state = %(state)s, reason = %(reason)s, lease_until = null
where
    tenant_id = %(tenant_id)s
    and destination = %(destination)s
    and destination_id = %(destination_id)s
    and state = 'sending'
    and lease_until < clock_timestamp()
