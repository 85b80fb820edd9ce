select state, not_before, reason, strikes
from analytics.destination_gates
where tenant_id = %(tenant_id)s and destination_id = %(destination_id)s
