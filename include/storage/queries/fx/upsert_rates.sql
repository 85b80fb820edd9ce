insert into control.fx_rates as stored (rate_date, source, base, quote, rate, fetched_at)
select rate_date, %(source)s, base, quote, rate, %(fetched_at)s
from unnest(%(days)s::date[], %(bases)s::text[], %(quotes)s::text[], %(rates)s::numeric[]) as read (rate_date, base, quote, rate)
on conflict (source, base, quote, rate_date) do update
set rate = excluded.rate, fetched_at = excluded.fetched_at
where stored.rate <> excluded.rate
