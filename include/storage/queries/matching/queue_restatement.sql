-- Credit of a touch lies on its own day and, from there on, on those of orders; what refunds took of it may lie later still.
insert into analytics.restate_queue (tenant_id, day, cause)
select %(tenant_id)s, day, 'campaign'
from (
    select (occurred_at at time zone %(timezone)s)::date as day
    from changed_touches
    union
    select adjustments.refund_date
    from changed_touches
    join analytics.credit_adjustments as adjustments
        on adjustments.tenant_id = %(tenant_id)s and adjustments.touchpoint_id = changed_touches.touchpoint_id
) as days
order by day
-- Touching a waiting row makes whoever works it wait for this transaction, so that no change slips by.
on conflict (tenant_id, day, cause) do update
set requested_at = clock_timestamp()
