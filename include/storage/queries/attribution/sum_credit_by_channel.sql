-- Revenue is credit plus adjustments, so that a cancelled order counts nothing; orders are sums of weights of orders not
-- cancelled. The last row is the total of the channels.
with credit as (
    select
        touchpoints.channel,
        credits.amount_first_minor as first_minor,
        credits.amount_last_minor as last_minor,
        credits.amount_linear_minor as linear_minor,
        credits.amount_time_decay_minor as time_decay_minor,
        credits.amount_position_minor as position_minor,
        case when conversions.cancelled_at is null then credits.attribution_first else 0 end as first_orders,
        case when conversions.cancelled_at is null then credits.attribution_last else 0 end as last_orders,
        case when conversions.cancelled_at is null then credits.attribution_linear else 0 end as linear_orders,
        case when conversions.cancelled_at is null then credits.attribution_time_decay else 0 end as time_decay_orders,
        case when conversions.cancelled_at is null then credits.attribution_position else 0 end as position_orders
    from analytics.attribution_credits as credits
    join analytics.conversions using (tenant_id, conversion_id)
    join analytics.touchpoints using (tenant_id, touchpoint_id)
    where credits.tenant_id = %(tenant_id)s and conversions.currency = %(currency)s
    union all
    select
        coalesce(touchpoints.channel, '(unattributed)'),
        adjustments.amount_first_minor,
        adjustments.amount_last_minor,
        adjustments.amount_linear_minor,
        adjustments.amount_time_decay_minor,
        adjustments.amount_position_minor,
        0, 0, 0, 0, 0
    from analytics.credit_adjustments as adjustments
    join analytics.conversions using (tenant_id, conversion_id)
    left join analytics.touchpoints
        on touchpoints.tenant_id = adjustments.tenant_id and touchpoints.touchpoint_id = adjustments.touchpoint_id
    where adjustments.tenant_id = %(tenant_id)s and conversions.currency = %(currency)s
    union all
    select
        '(unattributed)',
        value_minor,
        value_minor,
        value_minor,
        value_minor,
        value_minor,
        case when cancelled_at is null then 1 else 0 end,
        case when cancelled_at is null then 1 else 0 end,
        case when cancelled_at is null then 1 else 0 end,
        case when cancelled_at is null then 1 else 0 end,
        case when cancelled_at is null then 1 else 0 end
    from analytics.conversions
    where tenant_id = %(tenant_id)s and currency = %(currency)s and status = 'unattributed'
)
select
    coalesce(channel, 'total') as channel,
    sum(first_minor)::bigint as first_minor,
    sum(last_minor)::bigint as last_minor,
    sum(linear_minor)::bigint as linear_minor,
    sum(time_decay_minor)::bigint as time_decay_minor,
    sum(position_minor)::bigint as position_minor,
    sum(first_orders) as first_orders,
    sum(last_orders) as last_orders,
    sum(linear_orders) as linear_orders,
    sum(time_decay_orders) as time_decay_orders,
    sum(position_orders) as position_orders
from credit
group by rollup (channel)
order by grouping(channel), sum(linear_minor) desc
