-- Which conversions a writer of credit works on, said once. PostgreSQL inlines it, so that indexes are used.

create function analytics.selected_conversions(
    of_tenant bigint, from_instant timestamptz, to_instant timestamptz, in_currency text, due_at timestamptz, ids bigint[]
) returns setof analytics.conversions
language sql
stable
as $$
    select *
    from analytics.conversions
    where
        tenant_id = of_tenant
        and occurred_at >= from_instant
        and occurred_at < to_instant
        and status <> 'excluded'
        and currency = in_currency
        and (due_at is null or (status = 'pending' and (next_attempt_at is null or next_attempt_at <= due_at)))
        and (selected_conversions.ids is null or conversion_id = any(selected_conversions.ids))
$$;
comment on function analytics.selected_conversions is
    'Conversions of a tenant with from_instant <= occurred_at < to_instant (UTC), not excluded, in the currency of the tenant; with due_at only pending ones that are due then; with ids only those.';
