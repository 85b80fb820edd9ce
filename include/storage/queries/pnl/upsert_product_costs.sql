-- Unit costs from one source; what is stored already is not written, and changes nothing.
insert into analytics.product_costs (
    tenant_id, source, variant_id, sku, valid_from, valid_to, unit_cost_minor, currency
)
select %(tenant_id)s, %(source)s, variant_id, sku, valid_from, valid_to, unit_cost_minor, currency
from unnest(
    %(variant_id)s::text[], %(sku)s::text[], %(valid_from)s::timestamptz[], %(valid_to)s::timestamptz[],
    %(unit_cost_minor)s::bigint[], %(currency)s::text[]
) as told (variant_id, sku, valid_from, valid_to, unit_cost_minor, currency)
on conflict (tenant_id, variant_id, sku, source, valid_from) do update
set
    valid_to = excluded.valid_to,
    unit_cost_minor = excluded.unit_cost_minor,
    currency = excluded.currency,
    fetched_at = clock_timestamp()
where
    (product_costs.valid_to, product_costs.unit_cost_minor, product_costs.currency)
    is distinct from (excluded.valid_to, excluded.unit_cost_minor, excluded.currency)
returning (xmax = 0) as is_new
