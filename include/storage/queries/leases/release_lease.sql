-- The row stays: its fence must keep rising.
update analytics.leases
set expires_at = clock_timestamp(), fence = fence + 1
where tenant_id = %(tenant_id)s and job = %(job)s and fence = %(fence)s
