-- As select_digests, of all conversions of the tenant: where most of them are asked for, finding out which costs more.
select conversion_id, bit_xor(row_digest) as digest
from analytics.attribution_credits
where tenant_id = %(tenant_id)s::bigint
group by conversion_id
