-- Which days a backfill has finished, so that a retry or a clear of the same run goes on after them.

create table analytics.backfill_days (
    tenant_id bigint not null,
    run_id text not null,
    day date not null,
    conversions integer not null,
    finished_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, run_id, day)
);
comment on table analytics.backfill_days is 'Days that a run of backfill_attribution has credited, written in the transaction that credited them. Retention: needed while the run may be retried.';
comment on column analytics.backfill_days.tenant_id is 'tenant';
comment on column analytics.backfill_days.run_id is 'run of backfill_attribution';
comment on column analytics.backfill_days.day is 'tenant-local day; only days that hold conversions';
comment on column analytics.backfill_days.conversions is 'conversions of the day when the run was planned';
comment on column analytics.backfill_days.finished_at is 'machine time';

alter table analytics.backfill_days enable row level security;
alter table analytics.backfill_days force row level security;
create policy tenant_isolation on analytics.backfill_days to current_user, analytics_jobs
    using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::bigint))
    with check (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::bigint));
do $$
begin
    -- A database without control has no grants to readers, and so no readers.
    if to_regclass('control.reader_tenants') is not null then
        create policy reader_sees_granted on analytics.backfill_days for select to analytics_reader
            using (tenant_id in (select granted.tenant_id from control.reader_tenants as granted
                                 where granted.role = session_user));
    end if;
end
$$;
grant select, insert, update, delete on analytics.backfill_days to analytics_jobs;
grant select on analytics.backfill_days to analytics_reader;

comment on column analytics.conversion_audit.cause is 'late_touch, identity, order_changed, earlier_order, reconciliation';
