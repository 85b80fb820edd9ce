-- Dated exchange rates, where each tenant takes them from, and a tenant's own rules for which touches are a campaign's.

create table control.fx_rates (
    rate_date date not null,
    source text not null,
    base text not null,
    quote text not null,
    rate numeric not null,
    fetched_at timestamptz not null,
    primary key (source, base, quote, rate_date),
    check (rate > 0)
);
comment on table control.fx_rates is 'Quotes as their sources published them; a working day''s file has no other days. A fetch brings at most 1,200 days; kept for ever, but a tenant''s rates that its file does not hold any more.';
comment on column control.fx_rates.rate_date is 'day of the quote, the source''s own';
comment on column control.fx_rates.source is 'ecb; or tenant:<tenant_id>, seen by that tenant only';
comment on column control.fx_rates.base is 'ISO 4217 code; one unit of it ...';
comment on column control.fx_rates.quote is 'ISO 4217 code; ... costs rate units of this';
comment on column control.fx_rates.rate is 'units of quote for one of base, with the source''s own decimals';
comment on column control.fx_rates.fetched_at is 'business time, UTC, of the fetch that brought the rate or changed it';

alter table control.fx_rates enable row level security;
alter table control.fx_rates force row level security;
-- Reference rates are everybody's; a tenant's own rates tell of its contracts.
create policy shared_or_own on control.fx_rates to current_user, analytics_jobs
    using (source not like 'tenant:%' or source = 'tenant:' || (select nullif(current_setting('app.tenant_id', true), '')))
    with check (source not like 'tenant:%' or source = 'tenant:' || (select nullif(current_setting('app.tenant_id', true), '')));
create policy control_reads on control.fx_rates for select to analytics_control using (true);
create policy reader_sees_shared_or_granted on control.fx_rates for select to analytics_reader
    using (
        source not like 'tenant:%'
        or source in (
            select 'tenant:' || granted.tenant_id
            from control.reader_tenants as granted
            where granted.role = session_user
        )
    );
grant select, insert, update, delete on control.fx_rates to analytics_jobs;
grant select on control.fx_rates to analytics_control, analytics_reader;

create table control.tenant_fx_sources (
    tenant_id bigint not null,
    source text not null,
    position smallint not null,
    conn_id text not null,
    path text,
    max_age_days integer not null,
    primary key (tenant_id, source),
    check (source in ('ecb', 'tenant'))
);
comment on table control.tenant_fx_sources is 'Where a tenant takes exchange rates from, in order; without rows the European Central Bank alone.';
comment on column control.tenant_fx_sources.tenant_id is 'tenant';
comment on column control.tenant_fx_sources.source is 'ecb or tenant (its own CSV)';
comment on column control.tenant_fx_sources.position is '0 is asked first; the first source with a rate decides';
comment on column control.tenant_fx_sources.conn_id is 'Airflow connection of type fx_rates';
comment on column control.tenant_fx_sources.path is 'of the tenant''s CSV below the connection''s base; null for ecb';
comment on column control.tenant_fx_sources.max_age_days is 'a rate older than this many days is no rate';

create table control.tenant_campaign_rules (
    tenant_id bigint not null,
    name text not null,
    position smallint not null,
    platform text not null,
    account_id text not null,
    campaign_id text not null,
    conditions jsonb not null,
    valid_from timestamptz not null,
    primary key (tenant_id, name),
    check (platform in ('meta', 'google_ads', 'tiktok'))
);
comment on table control.tenant_campaign_rules is 'Which touches are a campaign''s where neither an id nor the campaign''s name says so.';
comment on column control.tenant_campaign_rules.tenant_id is 'tenant';
comment on column control.tenant_campaign_rules.name is 'the rule''s name in the tenant''s file';
comment on column control.tenant_campaign_rules.position is '0 is tried first; the first rule that fits decides';
comment on column control.tenant_campaign_rules.platform is 'meta, google_ads or tiktok';
comment on column control.tenant_campaign_rules.account_id is 'ad account of the campaign';
comment on column control.tenant_campaign_rules.campaign_id is 'the platform''s campaign id';
comment on column control.tenant_campaign_rules.conditions is 'field of a touch -> regular expression that matches the whole of it, ignoring case; all must match';
comment on column control.tenant_campaign_rules.valid_from is 'first instant (UTC) of touches that the rule is for';

do $$
declare
    name text;
begin
    foreach name in array array['tenant_fx_sources', 'tenant_campaign_rules'] loop
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
grant select on control.tenant_fx_sources, control.tenant_campaign_rules to analytics_jobs, analytics_control;
