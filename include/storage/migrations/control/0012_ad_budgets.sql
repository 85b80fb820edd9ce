-- What tenants mean to spend on ads; the hourly job tells when a month does not keep pace with it.

create table control.tenant_ad_budgets (
    tenant_id bigint not null,
    valid_from timestamptz not null,
    settings jsonb not null,
    budget_version bigint not null,
    applied_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, valid_from)
);
comment on table control.tenant_ad_budgets is 'What a tenant means to spend on ads, effective-dated: a day uses the row in force at its start. Without rows nothing is judged. Kept for ever.';
comment on column control.tenant_ad_budgets.tenant_id is 'tenant';
comment on column control.tenant_ad_budgets.valid_from is 'first instant (UTC); the tenant''s local midnight of the day in the file';
comment on column control.tenant_ad_budgets.settings is 'monthly (major units of the tenant''s currency, as text), tolerance_percent, judged_from_day, as include.metrics.budget.AdBudget writes them';
comment on column control.tenant_ad_budgets.budget_version is 'stable hash of settings';
comment on column control.tenant_ad_budgets.applied_at is 'machine time of make tenants-apply';

alter table control.tenant_ad_budgets enable row level security;
alter table control.tenant_ad_budgets force row level security;
create policy tenant_isolation on control.tenant_ad_budgets to current_user, analytics_jobs
    using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::bigint))
    with check (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::bigint));
create policy control_reads on control.tenant_ad_budgets for select to analytics_control using (true);
grant select on control.tenant_ad_budgets to analytics_jobs, analytics_control;
