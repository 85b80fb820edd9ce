select conversion_id, attempts, reason
from analytics.conversions
where tenant_id = %(tenant_id)s and conversion_id = any(%(ids)s) and status = 'unattributed'
order by conversion_id
