-- The newest days first: those people look at. Rows that a writer touches just now are its own until it commits, and the
-- next run's. They go with the figures that they ask for: a run that dies leaves them.
with claimed as (
    select day, cause
    from analytics.restate_queue
    where tenant_id = %(tenant_id)s
    order by day desc, cause
    limit %(limit)s
    for update skip locked
)
delete from analytics.restate_queue as queue
using claimed
where queue.tenant_id = %(tenant_id)s and queue.day = claimed.day and queue.cause = claimed.cause
returning queue.day, queue.cause
