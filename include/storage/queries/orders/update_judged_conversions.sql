update analytics.conversions
set is_new_customer = judgements.is_new
from judgements
where conversions.tenant_id = %(tenant_id)s and conversions.conversion_id = judgements.conversion_id
