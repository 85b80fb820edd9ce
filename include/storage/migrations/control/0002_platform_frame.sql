-- What all workers share about a credential: when it may be used again, its pace, its tokens; and what needs a person.

create table control.api_throttles (
    scope text not null,
    state text not null,
    not_before timestamptz not null,
    reason text not null,
    strikes integer not null default 1,
    credential bigint not null,
    noted_at timestamptz not null default clock_timestamp(),
    primary key (scope),
    check (state in ('throttled', 'paused'))
);
comment on table control.api_throttles is 'Credentials that no worker may use yet. Written by the HTTP layer, removed by the next good answer.';
comment on column control.api_throttles.scope is 'connection type and conn_id: the quota scope';
comment on column control.api_throttles.state is 'throttled: the vendor said when; paused: a person has to act, and it is asked again at not_before';
comment on column control.api_throttles.not_before is 'business time, UTC: nothing is sent before it';
comment on column control.api_throttles.reason is 'error class, code and subcode, never a vendor''s text';
comment on column control.api_throttles.strikes is 'answers of this kind without a good one in between; chooses the next wait';
comment on column control.api_throttles.credential is 'stable hash of the credential; a replaced one is not paused';
comment on column control.api_throttles.noted_at is 'machine time';

-- One row per quota scope, updated by every call: not worth a write-ahead log, and safe to lose in a crash.
create unlogged table control.quota_buckets (
    scope text not null,
    next_at timestamptz not null,
    primary key (scope)
)
with (fillfactor = 50);
comment on table control.quota_buckets is 'Rate limiter shared by all workers: the instant of the next free permit. Permits are spaced evenly; nothing is held, so that a killed worker holds nothing up.';
comment on column control.quota_buckets.scope is 'as in api_throttles';
comment on column control.quota_buckets.next_at is 'machine time of the next permit';

create table control.oauth_tokens (
    conn_id text not null,
    seed bigint not null,
    access_enc bytea,
    refresh_enc bytea,
    issued_at timestamptz,
    expires_at timestamptz,
    version bigint not null default 0,
    refreshed_at timestamptz,
    primary key (conn_id)
);
comment on table control.oauth_tokens is 'Access tokens that vendors gave for a connection, refreshed by one worker at a time. The Airflow connection is the seed.';
comment on column control.oauth_tokens.conn_id is 'Airflow connection';
comment on column control.oauth_tokens.seed is 'stable hash of the connection''s own secrets; a changed one discards the row''s tokens';
comment on column control.oauth_tokens.access_enc is 'access token, Fernet; null until the first refresh';
comment on column control.oauth_tokens.refresh_enc is 'refresh token that replaced the seed''s, Fernet; null while the vendor does not rotate';
comment on column control.oauth_tokens.issued_at is 'business time, UTC';
comment on column control.oauth_tokens.expires_at is 'business time, UTC; refreshed at 80 percent of its life';
comment on column control.oauth_tokens.version is 'raised by every refresh; a worker whose token was refused says which';
comment on column control.oauth_tokens.refreshed_at is 'machine time';

create table control.alerts (
    tenant_id bigint not null,
    rule text not null,
    subject text not null,
    opened_at timestamptz not null default clock_timestamp(),
    resolved_at timestamptz,
    detail text not null,
    notified_at timestamptz,
    primary key (tenant_id, rule, subject, opened_at)
);
create unique index alerts_open on control.alerts (tenant_id, rule, subject) where resolved_at is null;
comment on table control.alerts is 'What needs a person: one open row per rule, tenant and subject, resolved by the next good run. Kept 400 days.';
comment on column control.alerts.tenant_id is 'tenant';
comment on column control.alerts.rule is 'what is wrong, such as credential_dead';
comment on column control.alerts.subject is 'with what: a connection, an account, a destination';
comment on column control.alerts.opened_at is 'machine time';
comment on column control.alerts.resolved_at is 'machine time, null while open';
comment on column control.alerts.detail is 'one line with ids, codes and the remedy; never payloads, tokens or personal data';
comment on column control.alerts.notified_at is 'machine time at which the notifier told of it, null before';

alter table control.alerts enable row level security;
alter table control.alerts force row level security;
create policy tenant_isolation on control.alerts to current_user, analytics_jobs
    using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::bigint))
    with check (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::bigint));
create policy control_reads on control.alerts for select to analytics_control using (true);
create policy control_inserts on control.alerts for insert to analytics_control with check (true);
create policy control_updates on control.alerts for update to analytics_control using (true) with check (true);
create policy reader_sees_granted on control.alerts for select to analytics_reader
    using (tenant_id in (select granted.tenant_id from control.reader_tenants as granted where granted.role = session_user));

grant select on control.alerts to analytics_jobs, analytics_control, analytics_reader;
grant insert, update on control.alerts to analytics_control;
grant select, insert, update, delete on control.api_throttles, control.quota_buckets, control.oauth_tokens to analytics_jobs;
grant select on control.api_throttles, control.quota_buckets to analytics_control;
grant select (conn_id, issued_at, expires_at, version, refreshed_at) on control.oauth_tokens to analytics_control;
