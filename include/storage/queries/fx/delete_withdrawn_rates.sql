delete from control.fx_rates as stored
where
    source = %(source)s
    and not exists (
        select 1
        from unnest(%(days)s::date[], %(bases)s::text[], %(quotes)s::text[]) as read (rate_date, base, quote)
        where (read.rate_date, read.base, read.quote) = (stored.rate_date, stored.base, stored.quote)
    )
