insert into analytics.exchange_rates (tenant_id, currency, day, rate, rate_date, source, settled, reason)
select %(tenant_id)s, currency, day, rate, rate_date, source, settled, reason
from unnest(
    %(currencies)s::text[], %(days)s::date[], %(rates)s::numeric[], %(rate_dates)s::date[], %(sources)s::text[],
    %(settled)s::boolean[], %(reasons)s::text[]
) as wanted (currency, day, rate, rate_date, source, settled, reason)
on conflict (tenant_id, currency, day) do update
set
    rate = excluded.rate,
    rate_date = excluded.rate_date,
    source = excluded.source,
    settled = excluded.settled,
    reason = excluded.reason,
    changed_at = clock_timestamp()
