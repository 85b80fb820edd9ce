-- What a job did for each ad account, where accounts are worked apart so that one that fails is seen alone.

create table control.account_runs (
    tenant_id bigint not null,
    job text not null,
    run_id text not null,
    account_id text not null,
    map_index integer not null default -1,
    window_from date,
    window_to date,
    status text not null,
    counts jsonb not null default '{}',
    error text,
    started_at timestamptz not null,
    finished_at timestamptz,
    primary key (tenant_id, job, run_id, account_id),
    check (status in ('running', 'succeeded', 'failed', 'deferred', 'waiting'))
);
create index account_runs_by_run on control.account_runs (run_id, job);
comment on table control.account_runs is 'job_runs by ad account, for jobs that work accounts apart; the tenant''s row of job_runs sums them up. Kept 400 days.';
comment on column control.account_runs.tenant_id is 'tenant';
comment on column control.account_runs.job is 'dag_id';
comment on column control.account_runs.run_id is 'Airflow run id';
comment on column control.account_runs.account_id is 'the platform''s account id';
comment on column control.account_runs.map_index is 'mapped task that did the work';
comment on column control.account_runs.window_from is 'first account-local day';
comment on column control.account_runs.window_to is 'day after the last';
comment on column control.account_runs.status is 'running: planned and not ended; else as in job_runs';
comment on column control.account_runs.counts is 'rows and seconds';
comment on column control.account_runs.error is 'one line, ids only, when failed or deferred';
comment on column control.account_runs.started_at is 'machine time';
comment on column control.account_runs.finished_at is 'machine time, null before the end';

alter table control.account_runs enable row level security;
alter table control.account_runs force row level security;
create policy tenant_isolation on control.account_runs to current_user, analytics_jobs
    using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::bigint))
    with check (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::bigint));
create policy control_reads on control.account_runs for select to analytics_control using (true);
create policy control_inserts on control.account_runs for insert to analytics_control with check (true);
grant select, insert, update on control.account_runs to analytics_jobs;
grant select, insert on control.account_runs to analytics_control;
