-- One row per day, clock, model, channel and campaign that has credit, an adjustment, spend or a view. A data-driven value
-- that no champion has shared yet stays with nobody; a day without any such credit has no data-driven rows.
create temporary table stage_channels on commit drop as
with credited as (
    select
        credit.clock, credit.day, shares.model, credit.channel, credit.platform, credit.campaign_id, credit.utm_campaign,
        sum(shares.weight) as weight,
        sum(shares.weight) filter (where credit.is_new) as new_weight,
        sum(shares.amount) as amount,
        sum(shares.amount) filter (where credit.is_new) as new_amount,
        sum(shares.amount) filter (where credit.is_view) as view_amount
    from credit_by_day as credit
    cross join lateral (
        values
            ('first_touch', credit.weight_first, credit.amount_first),
            ('last_touch', credit.weight_last, credit.amount_last),
            ('linear', credit.weight_linear, credit.amount_linear),
            ('time_decay', credit.weight_time_decay, credit.amount_time_decay),
            ('position_based', credit.weight_position, credit.amount_position),
            ('data_driven', credit.weight_data_driven, credit.amount_data_driven)
    ) as shares (model, weight, amount)
    where credit.day >= %(first)s and credit.day < %(last)s and shares.amount is not null
    group by 1, 2, 3, 4, 5, 6, 7
),
learnt as (
    select day, sum(amount) as amount, sum(weight) as weight, sum(new_amount) as new_amount, sum(new_weight) as new_weight
    from credited
    where model = 'data_driven' and clock = 'conversion'
    group by day
),
values_of_days as (
    select
        day,
        sum(conversions) as conversions,
        coalesce(sum(conversions) filter (where is_new), 0) as new_conversions,
        sum(value) as value,
        coalesce(sum(value) filter (where is_new), 0) as new_value,
        sum(unattributed) as unattributed,
        coalesce(sum(unattributed) filter (where is_new), 0) as new_unattributed,
        sum(unattributed_value) as unattributed_value,
        string_agg(distinct unattributed_reason, '; ') as unattributed_reason,
        coalesce(sum(unattributed_value) filter (where is_new), 0) as new_unattributed_value
    from value_by_day
    group by day
),
without_touch as (
    select
        clocks.clock, of_day.day, models.model,
        of_day.unattributed * 1e9 as weight,
        of_day.new_unattributed * 1e9 as new_weight,
        of_day.unattributed_value as amount,
        of_day.new_unattributed_value as new_amount,
        of_day.unattributed_reason as reason
    from values_of_days as of_day
    cross join (values ('conversion'), ('touch')) as clocks (clock)
    cross join (
        values ('first_touch'), ('last_touch'), ('linear'), ('time_decay'), ('position_based')
    ) as models (model)
    where of_day.unattributed > 0
    union all
    select
        clocks.clock, of_day.day, 'data_driven',
        of_day.conversions * 1e9 - learnt.weight,
        of_day.new_conversions * 1e9 - coalesce(learnt.new_weight, 0),
        of_day.value - learnt.amount,
        of_day.new_value - coalesce(learnt.new_amount, 0),
        of_day.unattributed_reason
    from values_of_days as of_day
    join learnt on learnt.day = of_day.day
    cross join (values ('conversion'), ('touch')) as clocks (clock)
    where of_day.value <> learnt.amount
),
adjusted as (
    select adjusted.clock, adjusted.day, taken.model, adjusted.channel, adjusted.platform, adjusted.campaign_id,
           adjusted.utm_campaign, taken.amount, adjusted.reason
    from adjusted_by_day as adjusted
    cross join lateral (
        values
            ('first_touch', adjusted.amount_first),
            ('last_touch', adjusted.amount_last),
            ('linear', adjusted.amount_linear),
            ('time_decay', adjusted.amount_time_decay),
            ('position_based', adjusted.amount_position),
            ('data_driven', adjusted.amount_data_driven)
    ) as taken (model, amount)
    where taken.amount is not null
),
-- Spend and views are no model's: every model's rows show them, so that each can be read alone.
models_of_days as (
    select day.day::date as day, clocks.clock, models.model
    from generate_series(%(first)s::date, %(last)s::date - 1, interval '1 day') as day (day)
    cross join (values ('conversion'), ('touch')) as clocks (clock)
    cross join (
        values ('first_touch'), ('last_touch'), ('linear'), ('time_decay'), ('position_based')
    ) as models (model)
    union
    select day, clock, model
    from credited
    where model = 'data_driven'
),
everything as (
    select clock, day, model, channel, platform, campaign_id, utm_campaign,
           weight, new_weight, amount, new_amount, view_amount,
           null::bigint as adjustment, null::bigint as spend_minor, null::bigint as impressions, null::bigint as clicks,
           null::numeric as views, null::text as reason, null::text as credit_reason
    from credited
    union all
    select clock, day, model, '(unattributed)', '', '', '', weight, new_weight, amount, new_amount, 0,
           null, null, null, null, null, null, reason
    from without_touch
    union all
    select clock, day, model, channel, platform, campaign_id, utm_campaign, 0, 0, 0, 0, 0, amount,
           null, null, null, null, null, reason
    from adjusted
    union all
    select models.clock, models.day, models.model, unrated.channel, unrated.platform, unrated.campaign_id,
           unrated.utm_campaign, 0, 0, 0, 0, 0, null, null, null, null, null, null, unrated.reason
    from models_of_days as models
    join unrated_credit as unrated on unrated.clock = models.clock and unrated.day = models.day
    union all
    select models.clock, models.day, models.model, spend.channel, spend.platform, spend.campaign_id, spend.utm_campaign,
           0, 0, 0, 0, 0, null, spend.spend_minor, spend.impressions, spend.clicks, null, spend.reason, null
    from models_of_days as models
    join spend_by_campaign as spend on spend.day = models.day
    union all
    select models.clock, models.day, models.model, views.channel, views.platform, views.campaign_id, '',
           0, 0, 0, 0, 0, null, null, null, null, views.view_through_conversions, null, null
    from models_of_days as models
    join views_by_campaign as views on views.day = models.day
),
-- What of a platform's spend is not stored may be any of its campaigns'.
missing as (
    select day, platform, string_agg(reason, '; ' order by account_id) as reason
    from day_spend
    where is_missing
    group by day, platform
),
names as (
    select distinct on (platform, entity_id) platform, entity_id, name
    from analytics.ad_entities
    where tenant_id = %(tenant_id)s and level = 'campaign'
    order by platform, entity_id, last_seen desc, account_id
)
select
    %(tenant_id)s::bigint as tenant_id,
    everything.day,
    everything.clock,
    everything.model,
    everything.channel,
    everything.platform,
    everything.campaign_id,
    case
        when everything.campaign_id = '' then everything.utm_campaign
        else coalesce(names.name, everything.campaign_id)
    end as campaign,
    %(currency)s::text as currency,
    everything.day < %(final_before)s::date as is_final,
    round(sum(everything.weight) / 1e9, 6)::numeric(20, 6) as conversions,
    round(coalesce(sum(everything.new_weight), 0) / 1e9, 6)::numeric(20, 6) as new_customer_conversions,
    sum(everything.amount)::bigint as revenue_minor,
    coalesce(sum(everything.new_amount), 0)::bigint as new_customer_revenue_minor,
    coalesce(sum(everything.view_amount), 0)::bigint as view_revenue_minor,
    coalesce(sum(everything.adjustment), 0)::bigint as adjustments_minor,
    case when bool_or(everything.reason is not null) then null else sum(everything.spend_minor)::bigint end as spend_minor,
    sum(everything.impressions)::bigint as impressions,
    sum(everything.clicks)::bigint as clicks,
    sum(everything.views)::numeric(20, 6) as view_through_conversions,
    coalesce(
        string_agg(distinct coalesce(everything.reason, everything.credit_reason), '; '),
        case when sum(everything.spend_minor) is null then min(missing.reason) end
    ) as incomplete,
    %(preference_version)s::bigint as preference_version,
    %(catalogue_version)s::bigint as catalogue_version,
    %(run_id)s::text as run_id,
    %(now)s::timestamptz as changed_at
from everything
left join missing on missing.day = everything.day and missing.platform = everything.platform
left join names on names.platform = everything.platform and names.entity_id = everything.campaign_id
group by 1, 2, 3, 4, 5, 6, 7, 8
