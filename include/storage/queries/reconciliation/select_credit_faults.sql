-- Credit that cannot be right, by what is stored at one instant. A conversion that waits keeps its old credit until it
-- is credited again; none may have one that nobody earned, that is excluded or unknown, or that was never credited.
with credited as (
    select
        conversions.conversion_id,
        conversions.status,
        conversions.run_id,
        conversions.value_minor,
        count(credits.touchpoint_id) as touches,
        sum(credits.attribution_linear) as linear,
        sum(credits.amount_first_minor) as first_minor,
        sum(credits.amount_last_minor) as last_minor,
        sum(credits.amount_linear_minor) as linear_minor,
        sum(credits.amount_time_decay_minor) as time_decay_minor,
        sum(credits.amount_position_minor) as position_minor
    from analytics.conversions
    left join analytics.attribution_credits as credits using (tenant_id, conversion_id)
    where
        conversions.tenant_id = %(tenant_id)s
        and conversions.occurred_at >= %(start)s
        and conversions.occurred_at < %(end)s
        and (%(ids)s::bigint[] is null or conversions.conversion_id = any(%(ids)s::bigint[]))
    group by conversions.tenant_id, conversions.conversion_id
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
select conversion_id, case when touches = 0 then 'credit_missing' else 'credit_not_summing' end as finding
from credited
where
    status = 'attributed'
    and (touches = 0
         or (first_minor, last_minor, linear_minor, time_decay_minor, position_minor)
            is distinct from (value_minor, value_minor, value_minor, value_minor, value_minor)
         -- Of an order that is worth nothing, only the weights show that a row is lost.
         or abs(linear - 1) > 1e-9)
union all
(
    select conversion_id, 'credit_orphaned'
    from credited
    where touches > 0 and (run_id is null or status in ('unattributed', 'excluded'))
    union
    -- What belongs to no conversion has no time: it is looked for among all credit there is.
    select credits.conversion_id, 'credit_orphaned'
    from analytics.attribution_credits as credits
    where
        credits.tenant_id = %(tenant_id)s
        and (%(ids)s::bigint[] is null or credits.conversion_id = any(%(ids)s::bigint[]))
        and not exists (
            select 1
            from analytics.conversions
            where conversions.tenant_id = %(tenant_id)s and conversions.conversion_id = credits.conversion_id
        )
    union
    select adjusted.conversion_id, 'credit_orphaned'
    from adjusted
    left join analytics.conversions
        on conversions.tenant_id = %(tenant_id)s and conversions.conversion_id = adjusted.conversion_id
    where conversions.run_id is null or conversions.status = 'excluded'
)
order by 1
