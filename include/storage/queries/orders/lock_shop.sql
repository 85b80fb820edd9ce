-- Writers of a tenant's orders and touches go one after the other: what one of them cannot see yet can then not be
-- credited without it. Readers and writers of credit do not wait here.
select pg_advisory_xact_lock(%(key)s::bigint)
