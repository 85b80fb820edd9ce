-- By id, wherever in time the rows were written: an order that moved to another day still finds its old credit.
select conversion_id, bit_xor(row_digest) as digest
from analytics.attribution_credits
where tenant_id = %(tenant_id)s::bigint and conversion_id = any(%(credited_ids)s::bigint[])
group by conversion_id
