-- Credit by both clocks: on the order's day, and on the touch's. A touch of no known campaign is its utm_campaign's.
create temporary table credit_by_day on commit drop as
select
    clocks.clock,
    clocks.day,
    credit.channel,
    case when campaign.is_met then credit.platform else '' end as platform,
    case when campaign.is_met then credit.campaign_id else '' end as campaign_id,
    case when campaign.is_met then '' else credit.utm_campaign end as utm_campaign,
    credit.is_new,
    credit.is_view,
    sum(credit.weight_first)::bigint as weight_first,
    sum(credit.weight_last)::bigint as weight_last,
    sum(credit.weight_linear)::bigint as weight_linear,
    sum(credit.weight_time_decay)::bigint as weight_time_decay,
    sum(credit.weight_position)::bigint as weight_position,
    sum(credit.weight_data_driven)::bigint as weight_data_driven,
    sum(credit.amount_first)::bigint as amount_first,
    sum(credit.amount_last)::bigint as amount_last,
    sum(credit.amount_linear)::bigint as amount_linear,
    sum(credit.amount_time_decay)::bigint as amount_time_decay,
    sum(credit.amount_position)::bigint as amount_position,
    sum(credit.amount_data_driven)::bigint as amount_data_driven
from path_credit as credit
left join known_campaigns as known on known.platform = credit.platform and known.campaign_id = credit.campaign_id
cross join lateral (select credit.utm_campaign is null or known.campaign_id is not null as is_met) as campaign
cross join lateral (values ('conversion', credit.conversion_day), ('touch', credit.touch_day)) as clocks (clock, day)
where clocks.day >= %(first)s and clocks.day < %(last)s
group by 1, 2, 3, 4, 5, 6, 7, 8
