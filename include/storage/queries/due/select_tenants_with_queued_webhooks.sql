-- A webhook is due as it arrives: the instant that is asked about does not matter.
select listed.tenant_id
from unnest(%(tenant_ids)s::bigint[]) as listed (tenant_id)
where exists (
    select 1
    from analytics.webhook_inbox as inbox
    where inbox.tenant_id = listed.tenant_id and inbox.ended_at is null
)
