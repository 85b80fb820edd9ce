-- A run's own lease, left by a killed task, does not count: the retry re-enters it.
select leases.tenant_id
from analytics.leases
where leases.job = %(job)s
  and leases.expires_at > clock_timestamp()
  and leases.run_id <> %(run_id)s
