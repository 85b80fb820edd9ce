-- Spend of campaigns, and what no campaign explains, per account-local day in minor units of the tenant's currency, under
-- the channel that most of the day's touches of the campaign name (ties by name), else its platform's usual one.
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
            and campaign_match is not null
        group by 1, 2, 3, 4
    ) as counted
    order by day, platform, campaign_id, touches desc, channel
),
usual as (
    select *
    from unnest(%(usual_platforms)s::text[], %(usual_families)s::text[], %(usual_channels)s::text[])
        as usual (platform, family, channel)
),
charged as (
    select
        spend.report_date as day,
        spend.platform,
        case when spend.level = 'campaign' then spend.campaign_id else '' end as campaign_id,
        coalesce(touched.channel, of_family.channel, of_platform.channel) as channel,
        spend.spend,
        case when spend.spend = 0 then 0 else spend.spend * worth.rate end as own,
        spend.impressions,
        spend.clicks,
        case
            when spend.spend <> 0 and worth.rate is null
                then coalesce(rates.reason, 'no rate of ' || spend.currency || ' on ' || spend.report_date || '; run sync_fx_rates')
        end as reason
    from analytics.ad_spend_daily as spend
    left join analytics.exchange_rates as rates
        on rates.tenant_id = spend.tenant_id and rates.currency = spend.currency and rates.day = spend.report_date
    left join touched
        on touched.day = spend.report_date
        and touched.platform = spend.platform
        and touched.campaign_id = spend.campaign_id
        and spend.level = 'campaign'
    left join usual as of_family on of_family.platform = spend.platform and of_family.family = spend.family
    left join usual as of_platform on of_platform.platform = spend.platform and of_platform.family = ''
    cross join lateral (
        select case when spend.currency = %(currency)s::text then 1 else rates.rate end as rate
    ) as worth
    where
        spend.tenant_id = %(tenant_id)s
        and spend.report_date >= %(first)s
        and spend.report_date < %(last)s
        and spend.level in ('campaign', 'residual')
)
select
    day,
    channel,
    platform,
    campaign_id,
    case when campaign_id = '' then '(residual)' else '' end as utm_campaign,
    case
        when bool_or(reason is not null) then null
        else round(sum(own) * power(10::numeric, %(exponent)s))
    end::bigint as spend_minor,
    sum(impressions)::bigint as impressions,
    sum(clicks)::bigint as clicks,
    string_agg(distinct reason, '; ') as reason
from charged
group by 1, 2, 3, 4, 5
