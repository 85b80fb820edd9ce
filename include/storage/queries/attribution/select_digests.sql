-- One order-free digest of each conversion's credit rows; two rows of a conversion never have the same touch, so that
-- none cancel out.
select conversion_id, bit_xor(row_digest) as digest
from analytics.attribution_credits
where
    tenant_id = %(tenant_id)s::bigint
    and occurred_at >= %(start)s::timestamptz
    and occurred_at < %(end)s::timestamptz
group by conversion_id
