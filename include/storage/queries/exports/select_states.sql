select name, slot_at, manifest_sha256
from analytics.export_states
where tenant_id = %(tenant_id)s
