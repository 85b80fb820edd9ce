-- Spend of campaigns, and what no campaign explains, per account-local day in minor units of the tenant's currency, under
-- the channel that most of the day's touches of the campaign name (ties by name), else its platform's usual one. What an
-- account's own total has beyond its parts is added, and a day that an account lacks is a row that says why: a platform's
-- rows add up to what day_spend has of it.
create temporary table spend_by_campaign on commit drop as
with touched as (
    select distinct on (day, platform, campaign_id) day, platform, campaign_id, channel
    from (
        select
            (occurred_at at time zone %(timezone)s)::date as day,
            platform,
            campaign_id,
            channel,
            count(*) as touches
        from analytics.touchpoints
        where
            tenant_id = %(tenant_id)s
            and occurred_at >= %(start)s
            and occurred_at < %(end)s
            and platform is not null
            and campaign_id is not null
        group by 1, 2, 3, 4
    ) as counted
    order by day, platform, campaign_id, touches desc, channel
),
usual as (
    select *
    from unnest(%(usual_platforms)s::text[], %(usual_families)s::text[], %(usual_channels)s::text[])
        as usual (platform, family, channel)
),
parts as (
    select
        report_date as day,
        platform,
        case when level = 'campaign' then coalesce(campaign_id, entity_id) else '' end as campaign_id,
        family,
        currency,
        spend,
        impressions,
        clicks
    from analytics.ad_spend_daily
    where
        tenant_id = %(tenant_id)s
        and report_date >= %(first)s
        and report_date < %(last)s
        and level in ('campaign', 'residual')
    union all
    select
        report_date,
        platform,
        '',
        null,
        currency,
        sum(case when level = 'account' then spend else -spend end),
        sum(case when level = 'account' then impressions else -impressions end)::bigint,
        sum(case when level = 'account' then clicks else -clicks end)::bigint
    from analytics.ad_spend_daily
    where
        tenant_id = %(tenant_id)s
        and report_date >= %(first)s
        and report_date < %(last)s
        and level in ('account', 'campaign', 'residual')
    group by platform, account_id, report_date, currency
    having bool_or(level = 'account') and sum(case when level = 'account' then spend else -spend end) <> 0
),
charged as (
    select
        parts.day,
        parts.platform,
        parts.campaign_id,
        coalesce(touched.channel, of_family.channel, of_platform.channel) as channel,
        case when parts.campaign_id = '' then '(residual)' else '' end as utm_campaign,
        case when parts.spend = 0 then 0 else parts.spend * worth.rate end as own,
        parts.impressions,
        parts.clicks,
        case
            when parts.spend <> 0 and worth.rate is null
                then coalesce(rates.reason, 'no rate of ' || parts.currency || ' on ' || parts.day || '; run sync_fx_rates')
        end as reason
    from parts
    left join analytics.exchange_rates as rates
        on rates.tenant_id = %(tenant_id)s and rates.currency = parts.currency and rates.day = parts.day
    left join touched
        on touched.day = parts.day and touched.platform = parts.platform and touched.campaign_id = parts.campaign_id
    left join usual as of_family on of_family.platform = parts.platform and of_family.family = parts.family
    left join usual as of_platform on of_platform.platform = parts.platform and of_platform.family = ''
    cross join lateral (
        select case when parts.currency = %(currency)s::text then 1 else rates.rate end as rate
    ) as worth
    union all
    select missing.day, missing.platform, '', usual.channel, '(not stored)', null, null, null, missing.reason
    from day_spend as missing
    join usual on usual.platform = missing.platform and usual.family = ''
    where missing.is_missing
)
select
    day,
    channel,
    platform,
    campaign_id,
    utm_campaign,
    case
        when bool_or(reason is not null) then null
        else round(sum(own) * power(10::numeric, %(exponent)s))
    end::bigint as spend_minor,
    sum(impressions)::bigint as impressions,
    sum(clicks)::bigint as clicks,
    string_agg(distinct reason, '; ') as reason
from charged
group by 1, 2, 3, 4, 5
