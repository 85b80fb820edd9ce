-- What each ad account was charged per day of its own calendar, in major units of the tenant's currency: the platform's own
-- total, where that is not stored the sum of its parts. A sync stores every day that it has read, 0 included, so a
-- configured account's day without a row was never read: it has a reason instead, as has one without a rate.
create temporary table day_spend on commit drop as
with configured as (
    select platform, account_id
    from unnest(%(platforms)s::text[], %(accounts)s::text[]) as configured (platform, account_id)
),
charged as (
    select
        spend.platform,
        spend.account_id,
        spend.report_date as day,
        spend.level = 'account' as is_total,
        round(sum(case when spend.spend = 0 then 0 else spend.spend * worth.rate end), 6) as spend,
        sum(spend.impressions)::bigint as impressions,
        sum(spend.clicks)::bigint as clicks,
        string_agg(
            distinct coalesce(rates.reason, 'no rate of ' || spend.currency || ' on ' || spend.report_date || '; run sync_fx_rates'),
            '; '
        ) filter (where spend.spend <> 0 and worth.rate is null) as reason
    from analytics.ad_spend_daily as spend
    left join analytics.exchange_rates as rates
        on rates.tenant_id = spend.tenant_id and rates.currency = spend.currency and rates.day = spend.report_date
    cross join lateral (
        select case when spend.currency = %(currency)s::text then 1 else rates.rate end as rate
    ) as worth
    where
        spend.tenant_id = %(tenant_id)s
        and spend.report_date >= %(first)s
        and spend.report_date < %(last)s
        and spend.level in ('account', 'campaign', 'residual')
    group by 1, 2, 3, 4
),
known as (
    select
        accounts.platform,
        accounts.account_id,
        (accounts.platform, accounts.account_id) in (select platform, account_id from configured) as is_configured,
        stored.first_day,
        stored.last_day
    from (
        select platform, account_id from configured
        union
        select platform, account_id from charged
    ) as accounts
    cross join lateral (
        select min(report_date) as first_day, max(report_date) as last_day
        from analytics.ad_spend_daily as stored
        where
            stored.tenant_id = %(tenant_id)s
            and stored.platform = accounts.platform
            and stored.account_id = accounts.account_id
            and stored.level in ('account', 'campaign', 'residual')
    ) as stored
)
select
    days.day::date as day,
    known.platform,
    known.account_id,
    known.is_configured,
    is_missing.yes as is_missing,
    case when is_missing.yes then before.day else least(known.last_day, days.day::date) end as data_through,
    charged.impressions,
    charged.clicks,
    case
        when charged.reason is not null or is_missing.yes then null
        else coalesce(charged.spend, 0)
    end as spend,
    known.platform || ' ' || known.account_id || ': ' || case
        when not is_missing.yes then charged.reason
        when known.first_day is null then 'not stored yet'
        when days.day::date < known.first_day then 'spend not read before ' || known.first_day
        when days.day::date > known.last_day then 'stored through ' || known.last_day
        else days.day::date || ' is not stored'
    end as reason
from generate_series(%(first)s::date, %(last)s::date - 1, interval '1 day') as days (day)
cross join known
left join (
    select distinct on (platform, account_id, day) *
    from charged
    order by platform, account_id, day, is_total desc
) as charged
    on charged.platform = known.platform and charged.account_id = known.account_id and charged.day = days.day::date
cross join lateral (select charged.day is null and known.is_configured as yes) as is_missing
left join lateral (
    select max(stored.report_date) as day
    from analytics.ad_spend_daily as stored
    where
        is_missing.yes
        and stored.tenant_id = %(tenant_id)s
        and stored.platform = known.platform
        and stored.account_id = known.account_id
        and stored.report_date < days.day::date
        and stored.level in ('account', 'campaign', 'residual')
) as before on true
