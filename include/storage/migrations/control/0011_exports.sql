-- What tenants want to have as files of their own.

create table control.tenant_exports (
    tenant_id bigint not null,
    name text not null,
    position smallint not null,
    data_set text not null,
    columns text[] not null,
    file_format text not null,
    destination text not null,
    every text not null,
    at_hour smallint not null,
    days integer,
    enabled boolean not null,
    primary key (tenant_id, name),
    check (file_format in ('parquet', 'csv')),
    check (every in ('quarter_hour', 'hour', 'day', 'week')),
    check (at_hour between 0 and 23),
    check (days > 0)
);
comment on table control.tenant_exports is 'What attribution_export_scheduler writes for a tenant, from its file. Kept as long as the file says so.';
comment on column control.tenant_exports.tenant_id is 'tenant';
comment on column control.tenant_exports.name is 'folder of the export below destination and the tenant''s slug';
comment on column control.tenant_exports.position is '0 is written first';
comment on column control.tenant_exports.data_set is 'table it is read from, as include/exports/data_sets.py names it';
comment on column control.tenant_exports.columns is 'columns in the order of the file; empty: all of the data set';
comment on column control.tenant_exports.file_format is 'parquet or csv';
comment on column control.tenant_exports.destination is 'URL of the root folder, connection id before an @: s3://conn_id@bucket/folder';
comment on column control.tenant_exports.every is 'quarter_hour, hour, day or week: how often it looks for what differs';
comment on column control.tenant_exports.at_hour is 'hour of the tenant''s clock from which a day''s (week: Monday''s) export is due';
comment on column control.tenant_exports.days is 'tenant-local days back from today that are looked at anew; null: all';
comment on column control.tenant_exports.enabled is 'false: nothing is written, what is there stays';

alter table control.tenant_exports enable row level security;
alter table control.tenant_exports force row level security;
create policy tenant_isolation on control.tenant_exports to current_user, analytics_jobs
    using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::bigint))
    with check (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::bigint));
create policy control_reads on control.tenant_exports for select to analytics_control using (true);
grant select on control.tenant_exports to analytics_jobs, analytics_control;
