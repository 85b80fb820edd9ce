-- Changed unit costs are known by what they concern, not by a number: a second change of the same goods and time widens
-- the first.

delete from analytics.product_cost_changes;
alter table analytics.product_cost_changes drop column change_id;
alter table analytics.product_cost_changes add primary key (tenant_id, variant_id, sku, valid_from);

create or replace function analytics.note_cost_changes() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        insert into analytics.product_cost_changes as known (tenant_id, variant_id, sku, valid_from, valid_to)
        select tenant_id, variant_id, sku, valid_from, nullif(max(coalesce(valid_to, 'infinity')), 'infinity')
        from after
        group by tenant_id, variant_id, sku, valid_from
        on conflict (tenant_id, variant_id, sku, valid_from) do update
        set valid_to = nullif(greatest(coalesce(known.valid_to, 'infinity'), coalesce(excluded.valid_to, 'infinity')), 'infinity');
    elsif tg_op = 'DELETE' then
        insert into analytics.product_cost_changes as known (tenant_id, variant_id, sku, valid_from, valid_to)
        select tenant_id, variant_id, sku, valid_from, nullif(max(coalesce(valid_to, 'infinity')), 'infinity')
        from before
        group by tenant_id, variant_id, sku, valid_from
        on conflict (tenant_id, variant_id, sku, valid_from) do update
        set valid_to = nullif(greatest(coalesce(known.valid_to, 'infinity'), coalesce(excluded.valid_to, 'infinity')), 'infinity');
    else
        insert into analytics.product_cost_changes as known (tenant_id, variant_id, sku, valid_from, valid_to)
        select tenant_id, variant_id, sku, valid_from, nullif(max(coalesce(valid_to, 'infinity')), 'infinity')
        from (
            (select tenant_id, source, variant_id, sku, valid_from, valid_to, unit_cost_minor, currency from before
             except
             select tenant_id, source, variant_id, sku, valid_from, valid_to, unit_cost_minor, currency from after)
            union all
            (select tenant_id, source, variant_id, sku, valid_from, valid_to, unit_cost_minor, currency from after
             except
             select tenant_id, source, variant_id, sku, valid_from, valid_to, unit_cost_minor, currency from before)
        ) as changed
        group by tenant_id, variant_id, sku, valid_from
        on conflict (tenant_id, variant_id, sku, valid_from) do update
        set valid_to = nullif(greatest(coalesce(known.valid_to, 'infinity'), coalesce(excluded.valid_to, 'infinity')), 'infinity');
    end if;
    return null;
end
$$;
