-- How far each of a tenant's exports is; what its files are is told by the manifest beside them.

create table analytics.export_states (
    tenant_id bigint not null,
    name text not null,
    slot_at timestamptz not null,
    manifest_sha256 text not null,
    run_id text not null,
    exported_at timestamptz not null,
    primary key (tenant_id, name)
);
comment on table analytics.export_states is 'The last time that attribution_export_scheduler brought an export up to date. Kept as long as the tenant; a row that is deleted makes its export due.';
comment on column analytics.export_states.tenant_id is 'tenant';
comment on column analytics.export_states.name is 'as control.tenant_exports';
comment on column analytics.export_states.slot_at is 'business time, UTC, of the cadence''s instant that this was for; the export is due again at the next one';
comment on column analytics.export_states.manifest_sha256 is 'of the manifest that stood afterwards, hex; another one there means that a run died after publishing';
comment on column analytics.export_states.run_id is 'run that looked last';
comment on column analytics.export_states.exported_at is 'business time, UTC, of that run';

alter table analytics.export_states enable row level security;
alter table analytics.export_states force row level security;
create policy tenant_isolation on analytics.export_states to current_user, analytics_jobs
    using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::bigint))
    with check (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::bigint));
do $$
begin
    -- A database without control has no grants to readers, and so no readers.
    if to_regclass('control.reader_tenants') is not null then
        create policy reader_sees_granted on analytics.export_states for select to analytics_reader
            using (tenant_id in (select granted.tenant_id from control.reader_tenants as granted
                                 where granted.role = session_user));
    end if;
end
$$;
grant select, insert, update, delete on analytics.export_states to analytics_jobs;
grant select on analytics.export_states to analytics_reader;
