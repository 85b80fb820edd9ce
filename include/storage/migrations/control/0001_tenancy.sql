-- Configuration and operations. One database holds this schema; further databases hold analytics only.

create schema control;
comment on schema control is 'Configuration and operations of all tenants.';

create table control.tenants (
    tenant_id bigint not null,
    slug text not null,
    name text not null,
    brand text,
    status text not null,
    timezone text not null,
    currency text not null,
    db_conn_id text not null default 'analytics_db',
    primary key (tenant_id),
    check (status in ('active', 'paused', 'offboarded'))
);
comment on table control.tenants is 'One row per shop. Written by make tenants-apply, kept for ever.';
comment on column control.tenants.tenant_id is 'stable hash of slug';
comment on column control.tenants.slug is 'name in params, files and logs';
comment on column control.tenants.name is 'display name';
comment on column control.tenants.brand is 'brand the shop belongs to, for portfolio views';
comment on column control.tenants.status is 'active: computed and sent; paused: inbox kept, nothing computed; offboarded: nothing';
comment on column control.tenants.timezone is 'IANA zone of the tenant''s calendar days';
comment on column control.tenants.currency is 'ISO 4217 code of the tenant''s reports';
comment on column control.tenants.db_conn_id is 'Airflow connection of the database that holds the tenant''s rows';

create table control.tenant_attribution_config (
    tenant_id bigint not null,
    valid_from timestamptz not null,
    settings jsonb not null,
    config_version bigint not null,
    applied_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, valid_from)
);
comment on table control.tenant_attribution_config is 'Attribution settings, effective-dated: a conversion uses the row in force at its occurred_at. Kept for ever.';
comment on column control.tenant_attribution_config.tenant_id is 'tenant';
comment on column control.tenant_attribution_config.valid_from is 'first instant (UTC) of the settings; the tenant''s local midnight of the day in the file';
comment on column control.tenant_attribution_config.settings is 'validated settings as include.tenants.settings.AttributionSettings writes them; durations in seconds';
comment on column control.tenant_attribution_config.config_version is 'stable hash of settings, copied to every conversion credited under it';
comment on column control.tenant_attribution_config.applied_at is 'machine time of make tenants-apply';

create table control.tenant_ad_accounts (
    tenant_id bigint not null,
    platform text not null,
    account_id text not null,
    conn_id text not null,
    currency text not null,
    timezone text not null,
    enabled boolean not null default true,
    primary key (tenant_id, platform, account_id),
    check (platform in ('meta', 'google_ads', 'tiktok'))
);
comment on table control.tenant_ad_accounts is 'Ad accounts whose spend belongs to a tenant.';
comment on column control.tenant_ad_accounts.tenant_id is 'tenant';
comment on column control.tenant_ad_accounts.platform is 'meta, google_ads or tiktok';
comment on column control.tenant_ad_accounts.account_id is 'the platform''s account id, digits or act_ prefix removed';
comment on column control.tenant_ad_accounts.conn_id is 'Airflow connection with the account''s credential';
comment on column control.tenant_ad_accounts.currency is 'ISO 4217 code the platform bills in';
comment on column control.tenant_ad_accounts.timezone is 'IANA zone of the account''s days';
comment on column control.tenant_ad_accounts.enabled is 'false: kept, not synced';

create table control.tenant_destinations (
    tenant_id bigint not null,
    destination_id text not null,
    destination text not null,
    conn_id text not null,
    enabled boolean not null default true,
    event_id_template text not null default '{order_id}',
    consent_policy text not null default 'require',
    send_from timestamptz not null,
    mode text not null default 'shadow',
    primary key (tenant_id, destination_id),
    check (destination in ('ga4', 'meta', 'tiktok')),
    check (mode in ('live', 'shadow'))
);
comment on table control.tenant_destinations is 'Where a tenant''s purchases are reported.';
comment on column control.tenant_destinations.tenant_id is 'tenant';
comment on column control.tenant_destinations.destination_id is 'name of the destination, unique within the tenant';
comment on column control.tenant_destinations.destination is 'ga4, meta or tiktok';
comment on column control.tenant_destinations.conn_id is 'Airflow connection with pixel or measurement id and credential';
comment on column control.tenant_destinations.enabled is 'false: kept, nothing enqueued';
comment on column control.tenant_destinations.event_id_template is 'how event_id is made of the order';
comment on column control.tenant_destinations.consent_policy is 'require: absence of consent means deny';
comment on column control.tenant_destinations.send_from is 'orders before this instant (UTC) become skipped(before_cutover)';
comment on column control.tenant_destinations.mode is 'live sends, shadow computes and compares';

create table control.tenant_sources (
    tenant_id bigint not null,
    source text not null,
    conn_id text not null,
    enabled boolean not null default true,
    primary key (tenant_id, source),
    check (source in ('shopify', 'fairing'))
);
comment on table control.tenant_sources is 'Where a tenant''s orders and answers come from.';
comment on column control.tenant_sources.tenant_id is 'tenant';
comment on column control.tenant_sources.source is 'shopify or fairing';
comment on column control.tenant_sources.conn_id is 'Airflow connection of the source';
comment on column control.tenant_sources.enabled is 'false: kept, not read';

create table control.job_runs (
    tenant_id bigint not null,
    job text not null,
    run_id text not null,
    map_index integer not null default -1,
    window_from date,
    window_to date,
    status text not null,
    counts jsonb not null default '{}',
    error text,
    started_at timestamptz not null,
    finished_at timestamptz,
    primary key (tenant_id, job, run_id),
    check (status in ('running', 'succeeded', 'failed', 'deferred', 'waiting'))
);
create index job_runs_by_run on control.job_runs (run_id, job);
comment on table control.job_runs is 'What each job did for each tenant, written after the tenant''s commit. Kept 400 days.';
comment on column control.job_runs.tenant_id is 'tenant';
comment on column control.job_runs.job is 'dag_id';
comment on column control.job_runs.run_id is 'Airflow run id, or import:<time> for make import';
comment on column control.job_runs.map_index is 'mapped task that did the work';
comment on column control.job_runs.window_from is 'first tenant-local day, null when the job''s window is its queue';
comment on column control.job_runs.window_to is 'day after the last, null as above';
comment on column control.job_runs.status is 'succeeded, failed, deferred (a foreign lease) or waiting (a vendor said when)';
comment on column control.job_runs.counts is 'rows and seconds per step';
comment on column control.job_runs.error is 'one line, ids only, when failed or deferred';
comment on column control.job_runs.started_at is 'machine time';
comment on column control.job_runs.finished_at is 'machine time, null while running';

create table control.reader_tenants (
    tenant_id bigint not null,
    role name not null,
    granted_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, role)
);
comment on table control.reader_tenants is 'Which login role of analysts may see which tenant; read by the reader policies.';
comment on column control.reader_tenants.tenant_id is 'tenant';
comment on column control.reader_tenants.role is 'login role, compared with session_user';
comment on column control.reader_tenants.granted_at is 'machine time';
do $$
declare
    name text;
begin
    foreach name in array array['tenants', 'tenant_attribution_config', 'tenant_ad_accounts', 'tenant_destinations',
                                'tenant_sources', 'job_runs', 'reader_tenants'] loop
        execute format('alter table control.%I enable row level security', name);
        execute format('alter table control.%I force row level security', name);
        execute format(
            'create policy tenant_isolation on control.%I to current_user, analytics_jobs
                using (tenant_id = (select nullif(current_setting(''app.tenant_id'', true), '''')::bigint))
                with check (tenant_id = (select nullif(current_setting(''app.tenant_id'', true), '''')::bigint))', name);
        execute format('create policy control_reads on control.%I for select to analytics_control using (true)', name);
    end loop;
end
$$;

create policy control_inserts on control.job_runs for insert to analytics_control with check (true);
create policy control_updates on control.job_runs for update to analytics_control using (true) with check (true);
create policy reader_sees_own_grants on control.reader_tenants for select to analytics_reader using (role = session_user);

-- Names of shops are what a portfolio view shows; a reader sees those of its own grants.
create policy reader_sees_granted on control.tenants for select to analytics_reader
    using (tenant_id in (select granted.tenant_id from control.reader_tenants as granted where granted.role = session_user));

grant usage on schema control to analytics_jobs, analytics_control, analytics_reader;
grant select on all tables in schema control to analytics_jobs, analytics_control;
grant insert, update on control.job_runs to analytics_jobs, analytics_control;
grant select on control.reader_tenants, control.tenants to analytics_reader;
