-- People by the local day of their first order, where it counts, with the channel of the first touch that has credit for it.
create temporary table cohort_members on commit drop as
select
    events.person,
    events.day as first_day,
    coalesce(touchpoints.channel, '(unattributed)') as channel
from sales_events as events
left join analytics.attribution_credits as credits
    on credits.tenant_id = %(tenant_id)s and credits.conversion_id = events.order_id and credits.position = 1
left join analytics.touchpoints
    on touchpoints.tenant_id = %(tenant_id)s and touchpoints.touchpoint_id = credits.touchpoint_id
where events.kind = 'sale' and events.is_new and events.person is not null
