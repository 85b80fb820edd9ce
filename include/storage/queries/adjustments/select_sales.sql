-- The credit that refunds take from, as it is stored; an unattributed sale is one row without a touch, which has all.
select
    conversions.conversion_id,
    coalesce(credits.touchpoint_id, 0) as touchpoint_id,
    conversions.value_minor,
    (conversions.occurred_at at time zone %(timezone)s)::date as order_date,
    coalesce(credits.attribution_first, 1) as first,
    coalesce(credits.attribution_last, 1) as last,
    coalesce(credits.attribution_linear, 1) as linear,
    coalesce(credits.attribution_time_decay, 1) as time_decay,
    coalesce(credits.attribution_position, 1) as position,
    credits.attribution_data_driven as data_driven
from adjusted_conversions
join analytics.conversions using (conversion_id)
left join analytics.attribution_credits as credits
    on credits.tenant_id = conversions.tenant_id and credits.conversion_id = conversions.conversion_id
where conversions.tenant_id = %(tenant_id)s
order by conversions.conversion_id, credits.position
