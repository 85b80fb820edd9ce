-- What waits for a rate is not due before something opens it, so that the queue names the few to look at.
update analytics.conversions
set reason = null, attempts = 0, next_attempt_at = null
from analytics.attribution_queue as queue
where
    queue.tenant_id = %(tenant_id)s
    and queue.due_at = 'infinity'
    and conversions.tenant_id = %(tenant_id)s
    and conversions.conversion_id = queue.conversion_id
    and conversions.status = 'pending'
    and conversions.reason = 'no_fx_rate'
    and exists (
        select 1
        from analytics.exchange_rates as rates
        where
            rates.tenant_id = %(tenant_id)s
            and rates.currency = conversions.currency
            and rates.day = (conversions.occurred_at at time zone %(timezone)s)::date
            and rates.rate is not null
    )
