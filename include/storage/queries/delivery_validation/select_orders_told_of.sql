-- Orders of which an earlier check said this.
select distinct order_id
from analytics.delivery_facts
where
    tenant_id = %(tenant_id)s
    and destination_id = %(destination_id)s
    and order_id = any(%(order_ids)s)
    and verdict = %(verdict)s
    and run_id <> %(run_id)s
