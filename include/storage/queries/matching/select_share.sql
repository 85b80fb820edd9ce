select spend, spend_unmatched, unmatched_share
from analytics.v_spend_match_share
where tenant_id = %(tenant_id)s
