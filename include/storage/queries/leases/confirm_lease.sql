-- Locks the row until commit, so that nobody takes the lease between this check and the commit.
select fence
from analytics.leases
where tenant_id = %(tenant_id)s and job = %(job)s and fence = %(fence)s
for share
