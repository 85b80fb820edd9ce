select listed.tenant_id
from unnest(%(tenant_ids)s::bigint[]) as listed (tenant_id)
where exists (
    select 1
    from analytics.conversions
    where conversions.tenant_id = listed.tenant_id
      and conversions.status = 'pending'
      and (conversions.next_attempt_at is null or conversions.next_attempt_at <= %(now)s)
)
