-- People by the local day of their first countable order, with the channel of the first touch that has credit for it.
create temporary table cohort_members on commit drop as
select
    coalesce(conversions.customer_id, -conversions.visitor_id) as person,
    (conversions.occurred_at at time zone %(timezone)s)::date as first_day,
    coalesce(touchpoints.channel, '(unattributed)') as channel
from analytics.conversions
left join analytics.attribution_credits as credits
    on credits.tenant_id = %(tenant_id)s and credits.conversion_id = conversions.conversion_id and credits.position = 1
left join analytics.touchpoints
    on touchpoints.tenant_id = %(tenant_id)s and touchpoints.touchpoint_id = credits.touchpoint_id
where
    conversions.tenant_id = %(tenant_id)s
    and conversions.occurred_at >= %(start)s
    and conversions.occurred_at < %(end)s
    and conversions.is_new_customer
    and conversions.status <> 'excluded'
