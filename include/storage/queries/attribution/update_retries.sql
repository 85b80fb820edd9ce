update analytics.conversions
set attempts = retried.attempts, next_attempt_at = coalesce(retried.next_attempt_at, 'infinity')
from unnest(%(ids)s::bigint[], %(attempts)s::integer[], %(next_attempts)s::timestamptz[])
    as retried (conversion_id, attempts, next_attempt_at)
where conversions.tenant_id = %(tenant_id)s and conversions.conversion_id = retried.conversion_id
