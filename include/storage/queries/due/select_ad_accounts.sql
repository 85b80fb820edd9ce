select tenant_id, account_id, enabled
from control.tenant_ad_accounts
where %(platform)s::text is null or platform = %(platform)s
order by tenant_id, account_id
