-- What draining the webhook inbox needs: versions by which the newest state of an order and a refund is known, edits
-- whose result has not arrived, and a queue whose rows are cheap to claim.

alter table analytics.orders add column triggered_at timestamptz;
comment on column analytics.orders.updated_at is 'the shop''s own time of the last change, UTC; null for an import. The newest (updated_at, triggered_at, row_digest) is the order''s state';
comment on column analytics.orders.triggered_at is 'when the shop sent the state, or a sweep read it, UTC; null for an import';
comment on column analytics.orders.placed_at is 'when the customer ordered (the shop''s created_at), UTC';
comment on column analytics.orders.row_digest is 'stable hash of the state''s fields, lines and context; an equal one writes nothing but its version';

alter table analytics.refunds
    add column external_id text,
    add column currency text,
    add column updated_at timestamptz,
    add column triggered_at timestamptz,
    add column row_digest bigint not null default 0;
comment on table analytics.refunds is 'Refunds of an order, dated when the shop made them; each as its newest payload shows it, whether its order is known yet or not. A refund never disappears.';
comment on column analytics.refunds.refunded_at is 'the refund''s created_at, UTC';
comment on column analytics.refunds.goods_minor is 'goods refunded, minor units of the order''s currency, positive; with tax where orders.taxes_included';
comment on column analytics.refunds.shipping_minor is 'shipping refunded, minor units, positive; with tax where orders.taxes_included';
comment on column analytics.refunds.tax_minor is 'tax refunded, minor units, positive; part of goods and shipping where orders.taxes_included, else beside them';
comment on column analytics.refunds.external_id is 'the shop''s refund id, as text';
comment on column analytics.refunds.currency is 'ISO 4217 code, the shop''s: that of the order';
comment on column analytics.refunds.updated_at is 'updated_at of the order''s payload that showed it, else the refund''s created_at, UTC. The newest (updated_at, triggered_at, row_digest) stands';
comment on column analytics.refunds.triggered_at is 'when the shop sent that payload, UTC';
comment on column analytics.refunds.row_digest is 'stable hash of the refund''s fields';

create table analytics.awaited_edits (
    tenant_id bigint not null,
    order_id bigint not null,
    external_id text not null,
    committed_at timestamptz not null,
    noted_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, order_id)
);
comment on table analytics.awaited_edits is 'Orders whose edit is known from orders/edited, which names only what was added and removed, while their state after it is not; removed by the first state at least that new. Read by reconciliation.';
comment on column analytics.awaited_edits.tenant_id is 'tenant';
comment on column analytics.awaited_edits.order_id is 'order, stored or not';
comment on column analytics.awaited_edits.external_id is 'the shop''s order id, as text';
comment on column analytics.awaited_edits.committed_at is 'when the last edit was committed, UTC';
comment on column analytics.awaited_edits.noted_at is 'machine time';
alter table analytics.awaited_edits enable row level security;
alter table analytics.awaited_edits force row level security;
create policy tenant_isolation on analytics.awaited_edits to current_user, analytics_jobs
    using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::bigint))
    with check (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::bigint));
do $$
begin
    -- A database without control has no grants to readers, and so no readers.
    if to_regclass('control.reader_tenants') is not null then
        create policy reader_sees_granted on analytics.awaited_edits for select to analytics_reader
            using (tenant_id in (select granted.tenant_id from control.reader_tenants as granted
                                 where granted.role = session_user));
    end if;
end
$$;
grant select, insert, update, delete on analytics.awaited_edits to analytics_jobs;
grant select on analytics.awaited_edits to analytics_reader;

-- The lease of (job, tenant) says who drains, and its fence guards the commit: a row needs neither.
drop index analytics.webhook_inbox_due;
alter table analytics.webhook_inbox drop column lease_until, drop column fence;
create index webhook_inbox_due on analytics.webhook_inbox (tenant_id, attempts, received_at)
    where status in ('queued', 'processing');
-- A claim rewrites its row twice; with the payload kept out of line it rewrites a pointer.
alter table analytics.webhook_inbox set (toast_tuple_target = 128, fillfactor = 60);
comment on column analytics.webhook_inbox.status is 'queued; processing: claimed, by a task that works on it or died; done; quarantined';
comment on column analytics.webhook_inbox.attempts is 'claims so far; after five without an end the row is quarantined';
comment on column analytics.webhook_inbox.triggered_at is 'X-Shopify-Triggered-At, UTC; received_at stands for a missing one';
comment on column analytics.quarantine.resolved_at is 'machine time when the input was used after all: of a webhook, when its replay was applied';
