select conversion_id, row_digest
from analytics.attribution_credits
where
    tenant_id = %(tenant_id)s::bigint
    and occurred_at >= %(start)s::timestamptz
    and occurred_at < %(end)s::timestamptz
