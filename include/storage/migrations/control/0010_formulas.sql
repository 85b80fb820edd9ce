-- How a tenant wants its figures computed and what its costs are; jobs read them with the tenant, by day.

create table control.tenant_formula_preferences (
    tenant_id bigint not null,
    valid_from timestamptz not null,
    preferences jsonb not null,
    preference_version bigint not null,
    applied_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, valid_from)
);
comment on table control.tenant_formula_preferences is 'Formula preferences, effective-dated: a figure of a day uses the row in force at the start of that day. Without rows the preset shopify_finance. Kept for ever.';
comment on column control.tenant_formula_preferences.tenant_id is 'tenant';
comment on column control.tenant_formula_preferences.valid_from is 'first instant (UTC) of the preferences; the tenant''s local midnight of the day in the file';
comment on column control.tenant_formula_preferences.preferences is 'every switch, validated, as include.metrics.preferences.FormulaPreferences writes them';
comment on column control.tenant_formula_preferences.preference_version is 'stable hash of the switches, copied to every row of figures made under them';
comment on column control.tenant_formula_preferences.applied_at is 'machine time of make tenants-apply';

create table control.tenant_cost_config (
    tenant_id bigint not null,
    valid_from timestamptz not null,
    settings jsonb not null,
    cost_version bigint not null,
    applied_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, valid_from)
);
comment on table control.tenant_cost_config is 'What selling costs, effective-dated: a day uses the row in force at its start. Without rows these costs are unknown and shown so. Kept for ever.';
comment on column control.tenant_cost_config.tenant_id is 'tenant';
comment on column control.tenant_cost_config.valid_from is 'first instant (UTC); the tenant''s local midnight of the day in the file';
comment on column control.tenant_cost_config.settings is 'payment_rates (gateway, percent, fixed) and fulfilment (per_order, per_item, per_return); amounts in major units of the tenant''s currency, as text';
comment on column control.tenant_cost_config.cost_version is 'stable hash of settings';
comment on column control.tenant_cost_config.applied_at is 'machine time of make tenants-apply';

create table control.tenant_cogs_config (
    tenant_id bigint not null,
    valid_from timestamptz not null,
    source text not null,
    settings jsonb not null,
    cogs_version bigint not null,
    applied_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, valid_from),
    check (source in ('shopify', 'internal'))
);
comment on table control.tenant_cogs_config is 'Whose unit costs hold, effective-dated: a day uses the row in force at its start. Without rows the shop''s. Kept for ever.';
comment on column control.tenant_cogs_config.tenant_id is 'tenant';
comment on column control.tenant_cogs_config.valid_from is 'first instant (UTC); the tenant''s local midnight of the day in the file';
comment on column control.tenant_cogs_config.source is 'shopify: the shop''s unit costs; internal: the tenant''s table, then the shop''s';
comment on column control.tenant_cogs_config.settings is 'all settings, as include.pnl.cost_settings.CogsSettings writes them';
comment on column control.tenant_cogs_config.cogs_version is 'stable hash of settings';
comment on column control.tenant_cogs_config.applied_at is 'machine time of make tenants-apply';

create table control.operating_costs (
    tenant_id bigint not null,
    name text not null,
    valid_from date not null,
    kind text not null,
    amount numeric(20, 6) not null,
    per text not null,
    valid_to date,
    applied_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, valid_from, name),
    check (kind in ('fixed', 'marketing', 'custom')),
    check (per in ('day', 'month', 'year', 'order', 'net_sales_percent')),
    check (amount >= 0),
    check (valid_to is null or valid_to > valid_from)
);
comment on table control.operating_costs is 'Costs of running the business, each on the tenant-local days [valid_from, valid_to) or until the next row of its name. Kept for ever.';
comment on column control.operating_costs.tenant_id is 'tenant';
comment on column control.operating_costs.name is 'what the cost is called in the profit and loss';
comment on column control.operating_costs.valid_from is 'first tenant-local day; 1970-01-01 is from the beginning';
comment on column control.operating_costs.kind is 'fixed, marketing (part of fully loaded acquisition cost) or custom';
comment on column control.operating_costs.amount is 'major units of the tenant''s currency per period, or per cent';
comment on column control.operating_costs.per is 'day, month or year (spread evenly over its days), order, or net_sales_percent';
comment on column control.operating_costs.valid_to is 'day after the last, tenant-local; null: no end';
comment on column control.operating_costs.applied_at is 'machine time of make tenants-apply';

do $$
declare
    name text;
begin
    foreach name in array array['tenant_formula_preferences', 'tenant_cost_config', 'tenant_cogs_config',
                                'operating_costs'] loop
        execute format('alter table control.%I enable row level security', name);
        execute format('alter table control.%I force row level security', name);
        execute format(
            'create policy tenant_isolation on control.%I to current_user, analytics_jobs
                using (tenant_id = (select nullif(current_setting(''app.tenant_id'', true), '''')::bigint))
                with check (tenant_id = (select nullif(current_setting(''app.tenant_id'', true), '''')::bigint))', name);
        execute format('create policy control_reads on control.%I for select to analytics_control using (true)', name);
        execute format('grant select on control.%I to analytics_jobs, analytics_control', name);
    end loop;
end
$$;
