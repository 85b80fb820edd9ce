-- Where credit lies that has no rate on its order's day, by both clocks, and why.
create temporary table unrated_credit on commit drop as
select distinct
    clocks.clock,
    clocks.day,
    credit.channel,
    credit.platform,
    credit.campaign_id,
    credit.utm_campaign,
    credit.currency || ': ' || coalesce(rates.reason, 'no rate on ' || credit.conversion_day || '; run sync_fx_rates') as reason
from path_credit as credit
left join analytics.exchange_rates as rates
    on rates.tenant_id = %(tenant_id)s and rates.currency = credit.currency and rates.day = credit.conversion_day
cross join lateral (values ('conversion', credit.conversion_day), ('touch', credit.touch_day)) as clocks (clock, day)
where
    credit.currency <> %(currency)s::text
    and rates.rate is null
    and clocks.day >= %(first)s
    and clocks.day < %(last)s
