-- Queued events that are due, and claims that a dead task left (machine time).
select listed.tenant_id
from unnest(%(tenant_ids)s::bigint[]) as listed (tenant_id)
where
    exists (
        select 1
        from analytics.conversion_events as events
        where
            events.tenant_id = listed.tenant_id
            and events.destination = %(destination)s
            and events.state = 'queued'
            and (events.not_before is null or events.not_before <= %(now)s)
    )
    or exists (
        select 1
        from analytics.conversion_events as events
        where
            events.tenant_id = listed.tenant_id
            and events.destination = %(destination)s
            and events.state = 'sending'
            and events.lease_until < clock_timestamp()
    )
