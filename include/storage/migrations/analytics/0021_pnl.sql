-- Profit and loss per tenant day, the unit costs and payments it is made of, and which unit costs have changed.

create table analytics.product_costs (
    tenant_id bigint not null,
    source text not null,
    variant_id text not null default '',
    sku text not null default '',
    valid_from timestamptz not null,
    valid_to timestamptz,
    unit_cost_minor bigint not null,
    currency text not null,
    assumed boolean not null default false,
    fetched_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, variant_id, sku, source, valid_from),
    check (source in ('shopify', 'internal')),
    check (variant_id <> '' or sku <> ''),
    check (valid_to is null or valid_to > valid_from),
    check (unit_cost_minor >= 0)
);
create index product_costs_by_sku on analytics.product_costs (tenant_id, sku, valid_from);
comment on table analytics.product_costs is 'What one piece costs, effective-dated: goods sold at an instant cost the row whose [valid_from, valid_to) holds it; two rows that overlap: the later valid_from. A variant''s own row goes before its SKU''s. Changes reach the profit and loss within the hour, through product_cost_changes. Retention: as long as the tenant.';
comment on column analytics.product_costs.tenant_id is 'tenant';
comment on column analytics.product_costs.source is 'shopify: the shop''s unit cost; internal: the tenant''s own table';
comment on column analytics.product_costs.variant_id is 'the shop''s variant id, empty when the cost is the SKU''s';
comment on column analytics.product_costs.sku is 'stock keeping unit, empty when unknown';
comment on column analytics.product_costs.valid_from is 'first instant (UTC) of the cost';
comment on column analytics.product_costs.valid_to is 'instant (UTC) at which it ends, null: still valid';
comment on column analytics.product_costs.unit_cost_minor is 'cost of one piece, minor units of currency';
comment on column analytics.product_costs.currency is 'ISO 4217';
comment on column analytics.product_costs.assumed is 'before the first snapshot: the shop keeps no history, the cost is taken from later';
comment on column analytics.product_costs.fetched_at is 'machine time';

create table analytics.product_cost_changes (
    tenant_id bigint not null,
    change_id bigint generated always as identity,
    variant_id text not null,
    sku text not null,
    valid_from timestamptz not null,
    valid_to timestamptz,
    changed_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, change_id)
);
comment on table analytics.product_cost_changes is 'Unit costs that came, went or changed, kept by triggers on product_costs whoever writes them. hourly_metrics_rollup turns them into days of the restate queue and deletes them.';
comment on column analytics.product_cost_changes.tenant_id is 'tenant';
comment on column analytics.product_cost_changes.change_id is 'order of arrival, no meaning';
comment on column analytics.product_cost_changes.variant_id is 'as in product_costs';
comment on column analytics.product_cost_changes.sku is 'as in product_costs';
comment on column analytics.product_cost_changes.valid_from is 'first instant (UTC) of sales that it concerns';
comment on column analytics.product_cost_changes.valid_to is 'instant (UTC) at which these end, null: none';
comment on column analytics.product_cost_changes.changed_at is 'machine time';

create function analytics.note_cost_changes() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        insert into analytics.product_cost_changes (tenant_id, variant_id, sku, valid_from, valid_to)
        select tenant_id, variant_id, sku, valid_from, valid_to from after;
    elsif tg_op = 'DELETE' then
        insert into analytics.product_cost_changes (tenant_id, variant_id, sku, valid_from, valid_to)
        select tenant_id, variant_id, sku, valid_from, valid_to from before;
    else
        insert into analytics.product_cost_changes (tenant_id, variant_id, sku, valid_from, valid_to)
        select tenant_id, variant_id, sku, valid_from, valid_to
        from (
            (select tenant_id, source, variant_id, sku, valid_from, valid_to, unit_cost_minor, currency from before
             except
             select tenant_id, source, variant_id, sku, valid_from, valid_to, unit_cost_minor, currency from after)
            union all
            (select tenant_id, source, variant_id, sku, valid_from, valid_to, unit_cost_minor, currency from after
             except
             select tenant_id, source, variant_id, sku, valid_from, valid_to, unit_cost_minor, currency from before)
        ) as changed
        group by tenant_id, variant_id, sku, valid_from, valid_to;
    end if;
    return null;
end
$$;
create trigger note_inserted after insert on analytics.product_costs
    referencing new table as after for each statement execute function analytics.note_cost_changes();
create trigger note_updated after update on analytics.product_costs
    referencing old table as before new table as after
    for each statement execute function analytics.note_cost_changes();
create trigger note_deleted after delete on analytics.product_costs
    referencing old table as before for each statement execute function analytics.note_cost_changes();

create table analytics.transactions (
    tenant_id bigint not null,
    transaction_id bigint not null,
    order_id bigint not null,
    kind text not null,
    gateway text,
    processed_at timestamptz not null,
    amount_minor bigint not null,
    fee_minor bigint,
    currency text not null,
    primary key (tenant_id, transaction_id),
    check (kind in ('sale', 'capture', 'refund', 'chargeback'))
);
create index transactions_by_order on analytics.transactions (tenant_id, order_id);
create index transactions_by_time on analytics.transactions (tenant_id, processed_at);
comment on table analytics.transactions is 'Successful payments of orders with the gateway''s own fee, where the gateway tells it. An order with a fee here is not estimated. Retention: as orders.';
comment on column analytics.transactions.tenant_id is 'tenant';
comment on column analytics.transactions.transaction_id is 'stable hash of the gateway''s or the shop''s id';
comment on column analytics.transactions.order_id is 'order';
comment on column analytics.transactions.kind is 'sale, capture, refund or chargeback';
comment on column analytics.transactions.gateway is 'as orders.gateway';
comment on column analytics.transactions.processed_at is 'UTC';
comment on column analytics.transactions.amount_minor is 'amount that moved, minor units of currency, positive';
comment on column analytics.transactions.fee_minor is 'what the gateway took for it, minor units of currency, negative when it gave fees back; null when unknown';
comment on column analytics.transactions.currency is 'ISO 4217';

create table analytics.pnl_daily (
    tenant_id bigint not null,
    day date not null,
    position smallint not null,
    line text not null,
    layer text not null,
    is_subtotal boolean not null,
    amount_minor bigint,
    currency text not null,
    coverage numeric(7, 6) not null,
    incomplete text,
    parts jsonb not null default '{}',
    preference_version bigint not null,
    cost_version bigint not null,
    catalogue_version bigint not null,
    is_final boolean not null,
    run_id text not null,
    changed_at timestamptz not null,
    primary key (tenant_id, day, position),
    check (amount_minor is not null or incomplete is not null)
);
comment on table analytics.pnl_daily is 'Profit and loss of a tenant-local day from gross sales to net profit, one row per line, by the tenant''s layers. A day is replaced as a whole, and only where a line differs. Retention: as long as the tenant.';
comment on column analytics.pnl_daily.tenant_id is 'tenant';
comment on column analytics.pnl_daily.day is 'tenant-local day';
comment on column analytics.pnl_daily.position is 'place of the line, 1 is the first';
comment on column analytics.pnl_daily.line is 'what it is: gross_sales, discounts, returns, net_sales, cogs, sales_without_cost, shipping_charged, other_charges, fulfilment, payment_fees, ad_spend, operating_costs, tax_collected, tax_owed, tax, net_profit, or the name of a layer';
comment on column analytics.pnl_daily.layer is 'subtotal that the line belongs to; net_sales for the lines of sales';
comment on column analytics.pnl_daily.is_subtotal is 'the sum of all lines above that are not subtotals';
comment on column analytics.pnl_daily.amount_minor is 'signed as it enters the sum, costs negative, minor units of currency; null when it is not known, never 0 for that';
comment on column analytics.pnl_daily.currency is 'ISO 4217, the tenant''s';
comment on column analytics.pnl_daily.coverage is 'share of what the line is made of that is known, 0 to 1; cogs: net sales with a known unit cost / net sales of goods; ad_spend: accounts whose day is stored and rated; a subtotal: its least covered line';
comment on column analytics.pnl_daily.incomplete is 'why something is missing, null when nothing is';
comment on column analytics.pnl_daily.parts is 'what the line is made of, name to minor units: gateways, platforms, costs by name';
comment on column analytics.pnl_daily.preference_version is 'tenant_formula_preferences.preference_version that made the row';
comment on column analytics.pnl_daily.cost_version is 'stable hash of the cost, unit-cost and operating-cost settings that made the row';
comment on column analytics.pnl_daily.catalogue_version is 'version of the metric catalogue that made the row';
comment on column analytics.pnl_daily.is_final is 'the day is over in the tenant''s zone and past the nightly restatement';
comment on column analytics.pnl_daily.run_id is 'run that last changed the day';
comment on column analytics.pnl_daily.changed_at is 'business time, UTC, of that run';

do $$
declare
    name text;
begin
    foreach name in array array['product_costs', 'product_cost_changes', 'transactions', 'pnl_daily'] loop
        execute format('alter table analytics.%I enable row level security', name);
        execute format('alter table analytics.%I force row level security', name);
        execute format(
            'create policy tenant_isolation on analytics.%I to current_user, analytics_jobs
                using (tenant_id = (select nullif(current_setting(''app.tenant_id'', true), '''')::bigint))
                with check (tenant_id = (select nullif(current_setting(''app.tenant_id'', true), '''')::bigint))', name);
        -- A database without control has no grants to readers, and so no readers.
        if to_regclass('control.reader_tenants') is not null then
            execute format(
                'create policy reader_sees_granted on analytics.%I for select to analytics_reader
                    using (tenant_id in (select granted.tenant_id from control.reader_tenants as granted
                                         where granted.role = session_user))', name);
        end if;
        execute format('grant select, insert, update, delete on analytics.%I to analytics_jobs', name);
        execute format('grant select on analytics.%I to analytics_reader', name);
    end loop;
end
$$;

-- Whose changed unit costs wait is what a listing sees, never which.
create policy control_reads on analytics.product_cost_changes for select to analytics_control using (true);
grant select (tenant_id, changed_at) on analytics.product_cost_changes to analytics_control;
