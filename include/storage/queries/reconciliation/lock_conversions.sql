select count(*) as locked
from (
    select 1
    from analytics.conversions
    where tenant_id = %(tenant_id)s and conversion_id = any(%(ids)s)
    order by conversion_id
    for no key update
) as conversions
