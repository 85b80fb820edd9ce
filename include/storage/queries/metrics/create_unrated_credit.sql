-- Where credit lies that has no rate on its order's day, by both clocks, and why.
create temporary table unrated_credit on commit drop as
select distinct
    clocks.clock,
    clocks.day,
    credit.channel,
    case when campaign.is_met then credit.platform else '' end as platform,
    case when campaign.is_met then credit.campaign_id else '' end as campaign_id,
    case when campaign.is_met then '' else credit.utm_campaign end as utm_campaign,
    credit.currency || ': ' || coalesce(rates.reason, 'no rate on ' || credit.conversion_day || '; run sync_fx_rates') as reason
from path_credit as credit
left join analytics.exchange_rates as rates
    on rates.tenant_id = %(tenant_id)s and rates.currency = credit.currency and rates.day = credit.conversion_day
left join known_campaigns as known on known.platform = credit.platform and known.campaign_id = credit.campaign_id
cross join lateral (select credit.utm_campaign is null or known.campaign_id is not null as is_met) as campaign
cross join lateral (values ('conversion', credit.conversion_day), ('touch', credit.touch_day)) as clocks (clock, day)
where
    credit.currency <> %(currency)s::text
    and rates.rate is null
    and clocks.day >= %(first)s
    and clocks.day < %(last)s
