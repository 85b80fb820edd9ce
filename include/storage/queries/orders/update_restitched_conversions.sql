update analytics.conversions
set customer_id = restitched.customer_after
from restitched
where conversions.tenant_id = %(tenant_id)s and conversions.conversion_id = restitched.conversion_id
