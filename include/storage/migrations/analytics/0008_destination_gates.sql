-- When a destination may be sent to again, beside the rows that wait for it.

create table analytics.destination_gates (
    tenant_id bigint not null,
    destination_id text not null,
    state text not null,
    not_before timestamptz,
    reason text not null,
    changed_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, destination_id),
    check (state in ('open', 'throttled', 'paused'))
);
comment on table analytics.destination_gates is 'Whether a destination may be sent to, for every worker. A destination without a row is open.';
comment on column analytics.destination_gates.tenant_id is 'tenant';
comment on column analytics.destination_gates.destination_id is 'destination of control.tenant_destinations';
comment on column analytics.destination_gates.state is 'open; throttled: closed until not_before; paused: a person has to act';
comment on column analytics.destination_gates.not_before is 'business time, UTC, from which it is tried again; null: only once it is opened';
comment on column analytics.destination_gates.reason is 'error class, code and subcode, never a vendor''s text';
comment on column analytics.destination_gates.changed_at is 'machine time';

alter table analytics.destination_gates enable row level security;
alter table analytics.destination_gates force row level security;
create policy tenant_isolation on analytics.destination_gates to current_user, analytics_jobs
    using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::bigint))
    with check (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::bigint));
create policy control_reads on analytics.destination_gates for select to analytics_control using (true);
do $$
begin
    -- A database without control has no grants to readers, and so no readers.
    if to_regclass('control.reader_tenants') is not null then
        create policy reader_sees_granted on analytics.destination_gates for select to analytics_reader
            using (tenant_id in (select granted.tenant_id from control.reader_tenants as granted
                                 where granted.role = session_user));
    end if;
end
$$;
grant select, insert, update, delete on analytics.destination_gates to analytics_jobs;
grant select on analytics.destination_gates to analytics_control, analytics_reader;
