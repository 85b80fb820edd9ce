select count(*) as conversions
from analytics.conversions
where tenant_id = %(tenant_id)s::bigint
