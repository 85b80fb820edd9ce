delete from control.tenant_ad_accounts
where tenant_id = %(tenant_id)s and platform = %(platform)s and account_id = %(account_id)s
