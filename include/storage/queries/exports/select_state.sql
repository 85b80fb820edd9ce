select manifest_sha256
from analytics.export_states
where tenant_id = %(tenant_id)s and name = %(export)s
