-- Touches that have credit, and how long before the order the first of them was, by the order's day.
create temporary table day_paths on commit drop as
with counted as (
    select conversions.day, count(*) as touches
    from day_conversions as conversions
    join analytics.attribution_credits as credits
        on credits.tenant_id = %(tenant_id)s and credits.conversion_id = conversions.conversion_id
    where conversions.status = 'attributed'
    group by conversions.day
),
began as (
    select
        conversions.day,
        sum(extract(epoch from conversions.occurred_at - touchpoints.occurred_at)) as seconds
    from day_conversions as conversions
    join analytics.attribution_credits as credits
        on credits.tenant_id = %(tenant_id)s
        and credits.conversion_id = conversions.conversion_id
        and credits.position = 1
    join analytics.touchpoints
        on touchpoints.tenant_id = %(tenant_id)s and touchpoints.touchpoint_id = credits.touchpoint_id
    where conversions.status = 'attributed'
    group by conversions.day
)
select day, touches, round(coalesce(began.seconds, 0) / 3600, 6) as hours
from counted
left join began using (day)
