update analytics.conversions
set status = 'pending', reason = null, attempts = 0, next_attempt_at = null
where tenant_id = %(tenant_id)s and conversion_id = any(%(ids)s)
