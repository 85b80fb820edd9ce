select listed.tenant_id
from unnest(%(tenant_ids)s::bigint[]) as listed (tenant_id)
where exists (
    select 1
    from analytics.attribution_queue as queue
    where queue.tenant_id = listed.tenant_id and queue.due_at <= %(now)s
)
