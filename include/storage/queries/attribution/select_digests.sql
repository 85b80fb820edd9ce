-- One order-free digest of each conversion's credit rows; two rows of a conversion never have the same touch, so that
-- none cancel out.
select credits.conversion_id, bit_xor(credits.row_digest) as digest
from analytics.selected_conversions(
    %(tenant_id)s::bigint, %(start)s::timestamptz, %(end)s::timestamptz,
    %(due_at)s::timestamptz, %(ids)s::bigint[]
) as selected
join analytics.attribution_credits as credits
    on credits.tenant_id = %(tenant_id)s::bigint and credits.conversion_id = selected.conversion_id
group by credits.conversion_id
