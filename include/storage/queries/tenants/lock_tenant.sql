select pg_advisory_xact_lock(%(tenant_id)s::bigint)
