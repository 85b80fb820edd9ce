-- Touches that have credit, and how long before the order the first of them was, by the order's day.
create temporary table day_paths on commit drop as
select
    paths.day,
    sum(paths.touches)::bigint as touches,
    round((sum(paths.seconds) / 3600)::numeric, 6) as hours
from (
    select
        conversions.day,
        counted.touches,
        extract(epoch from conversions.occurred_at - touchpoints.occurred_at) as seconds
    from day_conversions as conversions
    join lateral (
        select count(*) as touches, min(credits.touchpoint_id) filter (where credits.position = 1) as first_touch
        from analytics.attribution_credits as credits
        where credits.tenant_id = %(tenant_id)s and credits.conversion_id = conversions.conversion_id
    ) as counted on true
    join analytics.touchpoints
        on touchpoints.tenant_id = %(tenant_id)s and touchpoints.touchpoint_id = counted.first_touch
    where conversions.status = 'attributed'
) as paths
group by paths.day
