select
    day,
    position,
    line,
    layer,
    is_subtotal,
    amount_minor,
    currency,
    margin,
    coverage,
    incomplete,
    parts::text as parts,
    is_final,
    preference_version,
    cost_version,
    catalogue_version
from analytics.pnl_daily
where tenant_id = %(tenant_id)s::bigint and day >= %(first)s::date and day < %(last)s::date
order by day, position
