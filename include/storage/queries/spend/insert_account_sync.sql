insert into analytics.ad_account_syncs (tenant_id, platform, account_id, currency, timezone, status, load_id, synced_at)
values (%(tenant_id)s, %(platform)s, %(account_id)s, %(currency)s, %(timezone)s, %(status)s, %(load_id)s, %(now)s)
on conflict (tenant_id, platform, account_id) do nothing
