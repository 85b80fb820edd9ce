select currency, timezone, data_through
from analytics.ad_account_syncs
where tenant_id = %(tenant_id)s and platform = %(platform)s and account_id = %(account_id)s
