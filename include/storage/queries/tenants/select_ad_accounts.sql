select platform, account_id, conn_id, currency, timezone, enabled
from control.tenant_ad_accounts
where tenant_id = %(tenant_id)s
order by platform, account_id
