insert into analytics.awaited_edits (tenant_id, order_id, external_id, committed_at)
select %(tenant_id)s, stage_edits.order_id, stage_edits.external_id, stage_edits.committed_at
from stage_edits
left join analytics.orders on orders.tenant_id = %(tenant_id)s and orders.order_id = stage_edits.order_id
where orders.updated_at is null or orders.updated_at < stage_edits.committed_at
on conflict (tenant_id, order_id) do update
set committed_at = excluded.committed_at, noted_at = clock_timestamp()
where awaited_edits.committed_at < excluded.committed_at
