update analytics.leases
set expires_at = clock_timestamp() + %(ttl_seconds)s * interval '1 second'
where tenant_id = %(tenant_id)s and job = %(job)s and fence = %(fence)s
