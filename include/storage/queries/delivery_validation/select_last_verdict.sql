select verdict
from analytics.delivery_facts
where
    tenant_id = %(tenant_id)s
    and destination_id = %(destination_id)s
    and method = %(method)s
    and run_id <> %(run_id)s
    and verdict <> 'nothing_due'
order by as_of desc, recorded_at desc
limit 1
