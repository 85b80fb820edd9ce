select
    destination_id,
    count(*) filter (where state <> 'skipped') as wanted,
    count(*) filter (where state in ('accepted', 'confirmed')) as delivered,
    count(*) filter (where state in ('queued', 'sending')) as waiting,
    count(*) filter (where state = 'in_doubt') as in_doubt,
    count(*) filter (where state in ('expired', 'failed')) as lost,
    count(*) filter (where state = 'skipped') as skipped
from analytics.conversion_events
where tenant_id = %(tenant_id)s and event_time >= %(start)s and event_time < %(end)s
group by destination_id
order by destination_id
