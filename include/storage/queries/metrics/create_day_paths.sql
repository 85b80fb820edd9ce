-- Touches that have credit, and how long before the order the first of them was, by the order's day.
create temporary table day_paths on commit drop as
select
    (conversions.occurred_at at time zone %(timezone)s)::date as day,
    count(*) as touches,
    round(extract(epoch from coalesce(sum(conversions.occurred_at - touchpoints.occurred_at), '0')) / 3600, 6) as hours
from analytics.conversions
join analytics.attribution_credits as credits
    on credits.tenant_id = %(tenant_id)s and credits.conversion_id = conversions.conversion_id
left join analytics.touchpoints
    on touchpoints.tenant_id = %(tenant_id)s
    -- Only the first touch is looked up: what is null joins nothing.
    and touchpoints.touchpoint_id = case when credits.position = 1 then credits.touchpoint_id end
where
    conversions.tenant_id = %(tenant_id)s
    and conversions.occurred_at >= %(start)s
    and conversions.occurred_at < %(end)s
    and conversions.status = 'attributed'
group by 1
