-- What the conversions of a day are worth, and what of it no touch has, in minor units of the tenant's currency.
create temporary table value_by_day on commit drop as
select
    (occurred_at at time zone %(timezone)s)::date as day,
    coalesce(is_new_customer, false) as is_new,
    count(*) as conversions,
    sum(value_minor)::bigint as value,
    count(*) filter (where status = 'unattributed') as unattributed,
    coalesce(sum(value_minor) filter (where status = 'unattributed'), 0)::bigint as unattributed_value
from analytics.conversions
where
    tenant_id = %(tenant_id)s
    and occurred_at >= %(start)s
    and occurred_at < %(end)s
    and status in ('attributed', 'unattributed')
    and currency = %(currency)s
group by 1, 2
