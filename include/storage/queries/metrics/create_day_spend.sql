-- What each ad account was charged per day of its own calendar, in major units of the tenant's currency. A day that should
-- be stored and is not, or has no rate, has a reason instead. Before an account's first stored day nothing is missing.
create temporary table day_spend on commit drop as
with accounts as (
    select platform, account_id
    from unnest(%(platforms)s::text[], %(accounts)s::text[]) as configured (platform, account_id)
    union
    select platform, account_id
    from analytics.ad_spend_daily
    where tenant_id = %(tenant_id)s and report_date >= %(first)s and report_date < %(last)s and level = 'account'
),
known as (
    select
        accounts.platform,
        accounts.account_id,
        (select min(report_date)
         from analytics.ad_spend_daily as stored
         where
             stored.tenant_id = %(tenant_id)s
             and stored.platform = accounts.platform
             and stored.account_id = accounts.account_id) as first_day,
        syncs.data_through,
        (accounts.platform, accounts.account_id) in (
            select platform, account_id from unnest(%(platforms)s::text[], %(accounts)s::text[]) as c (platform, account_id)
        ) as is_configured
    from accounts
    left join analytics.ad_account_syncs as syncs
        on syncs.tenant_id = %(tenant_id)s
        and syncs.platform = accounts.platform
        and syncs.account_id = accounts.account_id
)
select
    days.day::date as day,
    known.platform,
    known.account_id,
    known.is_configured,
    case when known.data_through is not null then least(known.data_through, days.day::date) end as data_through,
    spend.impressions,
    spend.clicks,
    case
        when spend.spend is null and not is_missing.yes then 0
        when spend.spend = 0 then 0
        else round(spend.spend * worth.rate, 6)
    end as spend,
    case
        when is_missing.yes
            then known.platform || ' ' || known.account_id || ': '
                || coalesce('stored through ' || known.data_through, 'not stored yet')
        when spend.spend <> 0 and worth.rate is null
            then known.platform || ' ' || known.account_id || ': '
                || coalesce(rates.reason, 'no rate of ' || spend.currency || ' on ' || spend.report_date || '; run sync_fx_rates')
    end as reason
from generate_series(%(first)s::date, %(last)s::date - 1, interval '1 day') as days (day)
cross join known
left join analytics.ad_spend_daily as spend
    on spend.tenant_id = %(tenant_id)s
    and spend.platform = known.platform
    and spend.account_id = known.account_id
    and spend.report_date = days.day::date
    and spend.level = 'account'
left join analytics.exchange_rates as rates
    on rates.tenant_id = %(tenant_id)s and rates.currency = spend.currency and rates.day = spend.report_date
cross join lateral (
    select case when spend.currency = %(currency)s::text then 1 else rates.rate end as rate
) as worth
cross join lateral (
    select spend.spend is null
        and known.is_configured
        and (known.first_day is null or days.day::date >= known.first_day) as yes
) as is_missing
