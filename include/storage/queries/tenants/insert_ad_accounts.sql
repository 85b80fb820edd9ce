insert into control.tenant_ad_accounts (tenant_id, platform, account_id, conn_id, currency, timezone, enabled)
values (%(tenant_id)s, %(platform)s, %(account_id)s, %(conn_id)s, %(currency)s, %(timezone)s, %(enabled)s)
