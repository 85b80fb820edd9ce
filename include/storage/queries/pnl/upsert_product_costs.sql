-- Unit costs of SKUs from one source; what is stored already is not written, and changes nothing.
insert into analytics.product_costs (tenant_id, source, sku, valid_from, valid_to, unit_cost_minor, currency)
select %(tenant_id)s, %(source)s, sku, valid_from, valid_to, unit_cost_minor, %(currency)s
from unnest(%(skus)s::text[], %(starts)s::timestamptz[], %(ends)s::timestamptz[], %(costs)s::bigint[])
    as told (sku, valid_from, valid_to, unit_cost_minor)
on conflict (tenant_id, variant_id, sku, source, valid_from) do update
set
    valid_to = excluded.valid_to,
    unit_cost_minor = excluded.unit_cost_minor,
    currency = excluded.currency,
    fetched_at = clock_timestamp()
where
    (product_costs.valid_to, product_costs.unit_cost_minor, product_costs.currency)
    is distinct from (excluded.valid_to, excluded.unit_cost_minor, excluded.currency)
