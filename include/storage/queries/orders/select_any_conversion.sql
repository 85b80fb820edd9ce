select 1 as found
from analytics.conversions
where tenant_id = %(tenant_id)s
limit 1
