select count(*) as rows
from analytics.quarantine
where tenant_id = %(tenant_id)s and resolved_at is null
