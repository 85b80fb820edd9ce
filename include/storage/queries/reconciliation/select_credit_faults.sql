-- Credit that cannot be right, by what is stored at one instant. A conversion that waits keeps its old credit until it
-- is credited again; none may have one that nobody earned, that is excluded or unknown, or that was never credited.
with credits as (
    select
        conversion_id,
        sum(attribution_linear) as linear,
        sum(amount_first_minor) as first_minor,
        sum(amount_last_minor) as last_minor,
        sum(amount_linear_minor) as linear_minor,
        sum(amount_time_decay_minor) as time_decay_minor,
        sum(amount_position_minor) as position_minor
    from analytics.attribution_credits
    where
        tenant_id = %(tenant_id)s
        and occurred_at >= %(start)s
        and occurred_at < %(end)s
        and (%(ids)s::bigint[] is null or conversion_id = any(%(ids)s::bigint[]))
    group by conversion_id
),
attributed as (
    select conversion_id, value_minor
    from analytics.conversions
    where
        tenant_id = %(tenant_id)s
        and occurred_at >= %(start)s
        and occurred_at < %(end)s
        and status = 'attributed'
        and (%(ids)s::bigint[] is null or conversion_id = any(%(ids)s::bigint[]))
),
adjusted as (
    select distinct conversion_id
    from analytics.credit_adjustments
    where
        tenant_id = %(tenant_id)s
        and order_date >= %(first_day)s
        and order_date < %(last_day)s
        and (%(ids)s::bigint[] is null or conversion_id = any(%(ids)s::bigint[]))
)
select
    attributed.conversion_id,
    case when credits.conversion_id is null then 'credit_missing' else 'credit_not_summing' end as finding
from attributed
left join credits using (conversion_id)
where
    credits.conversion_id is null
    or (first_minor, last_minor, linear_minor, time_decay_minor, position_minor)
       is distinct from (value_minor, value_minor, value_minor, value_minor, value_minor)
    -- Of an order that is worth nothing, only the weights show that a row is lost.
    or abs(credits.linear - 1) > 1e-9
union all
(
    select credits.conversion_id, 'credit_orphaned'
    from credits
    left join analytics.conversions
        on conversions.tenant_id = %(tenant_id)s and conversions.conversion_id = credits.conversion_id
    where conversions.run_id is null or conversions.status in ('unattributed', 'excluded')
    union
    select adjusted.conversion_id, 'credit_orphaned'
    from adjusted
    left join analytics.conversions
        on conversions.tenant_id = %(tenant_id)s and conversions.conversion_id = adjusted.conversion_id
    where conversions.run_id is null or conversions.status = 'excluded'
)
order by 1
