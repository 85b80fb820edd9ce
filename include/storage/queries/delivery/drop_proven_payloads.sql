-- Past its window GA4 can no longer be sent an event again, whatever its report shows.
update analytics.conversion_events
set payload = null
where
    tenant_id = %(tenant_id)s
    and destination_id = %(destination_id)s
    and state = 'accepted'
    and payload is not null
    and event_time < %(oldest)s
