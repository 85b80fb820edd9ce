-- Payments are estimated one by one, and lines of refunds say whether their goods went back to stock.

comment on table analytics.transactions is 'Successful payments of orders, with the gateway''s own fee where the gateway tells it. Where an order has one of kind sale or capture, these are its payments; a payment without a fee is estimated. Retention: as orders.';
comment on column analytics.refunds.restocked is 'goods of any line went back to stock';
comment on column analytics.refunds.lines is 'refunded lines: line_id, quantity, subtotal and tax in minor units of the order''s currency, restocked: whether these pieces went back to stock; lines without it follow refunds.restocked';

create table analytics.payment_changes (
    tenant_id bigint not null,
    order_id bigint not null,
    processed_at timestamptz not null,
    changed_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, order_id, processed_at)
);
comment on table analytics.payment_changes is 'Payments that came, went or changed, kept by triggers on transactions whoever writes them: gateways tell fees late. hourly_metrics_rollup turns them into days of the restate queue and deletes them.';
comment on column analytics.payment_changes.tenant_id is 'tenant';
comment on column analytics.payment_changes.order_id is 'as in transactions';
comment on column analytics.payment_changes.processed_at is 'as in transactions, UTC; of a payment that was moved, both instants have a row';
comment on column analytics.payment_changes.changed_at is 'machine time';

create function analytics.note_payment_changes() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        insert into analytics.payment_changes (tenant_id, order_id, processed_at)
        select distinct tenant_id, order_id, processed_at from after order by tenant_id, order_id, processed_at
        on conflict (tenant_id, order_id, processed_at) do update
        set changed_at = clock_timestamp();
    elsif tg_op = 'DELETE' then
        insert into analytics.payment_changes (tenant_id, order_id, processed_at)
        select distinct tenant_id, order_id, processed_at from before order by tenant_id, order_id, processed_at
        on conflict (tenant_id, order_id, processed_at) do update
        set changed_at = clock_timestamp();
    else
        insert into analytics.payment_changes (tenant_id, order_id, processed_at)
        select distinct tenant_id, order_id, processed_at
        from ((select * from before except select * from after) union all (select * from after except select * from before)) as changed
        order by tenant_id, order_id, processed_at
        on conflict (tenant_id, order_id, processed_at) do update
        set changed_at = clock_timestamp();
    end if;
    return null;
end
$$;
create trigger note_inserted after insert on analytics.transactions
    referencing new table as after for each statement execute function analytics.note_payment_changes();
create trigger note_updated after update on analytics.transactions
    referencing old table as before new table as after
    for each statement execute function analytics.note_payment_changes();
create trigger note_deleted after delete on analytics.transactions
    referencing old table as before for each statement execute function analytics.note_payment_changes();

alter table analytics.payment_changes enable row level security;
alter table analytics.payment_changes force row level security;
create policy tenant_isolation on analytics.payment_changes to current_user, analytics_jobs
    using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::bigint))
    with check (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::bigint));
do $$
begin
    -- A database without control has no grants to readers, and so no readers.
    if to_regclass('control.reader_tenants') is not null then
        create policy reader_sees_granted on analytics.payment_changes for select to analytics_reader
            using (tenant_id in (select granted.tenant_id from control.reader_tenants as granted
                                 where granted.role = session_user));
    end if;
end
$$;
grant select, insert, update, delete on analytics.payment_changes to analytics_jobs;
grant select on analytics.payment_changes to analytics_reader;
