update analytics.conversions
set status = 'pending', reason = null, attempts = 0, next_attempt_at = null
from (select distinct conversion_id from reopenings) as reopened
where
    conversions.tenant_id = %(tenant_id)s
    and conversions.conversion_id = reopened.conversion_id
    and conversions.status in ('attributed', 'unattributed')
