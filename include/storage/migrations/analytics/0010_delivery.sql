-- The delivery ledger: one row per destination, order and event, from the transaction that decided it to its end.

create table analytics.conversion_events (
    tenant_id bigint not null,
    destination_id text not null,
    order_id bigint not null,
    event_name text not null,
    event_seq bigint not null default 0,
    destination text not null,
    event_id text,
    event_time timestamptz not null,
    state text not null,
    reason text,
    attempts integer not null default 0,
    not_before timestamptz,
    lease_until timestamptz,
    fence bigint not null default 0,
    payload bytea,
    payload_sha256 bytea,
    value_minor bigint not null,
    sent_value_minor bigint,
    currency text not null,
    last_code text,
    last_error text,
    request_id text,
    sent_at timestamptz,
    accepted_at timestamptz,
    run_id text,
    enqueued_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, destination_id, order_id, event_name, event_seq),
    check (destination in ('ga4', 'meta', 'tiktok')),
    check (event_name in ('purchase', 'refund')),
    check (state in ('queued', 'sending', 'accepted', 'confirmed', 'in_doubt', 'skipped', 'expired', 'failed')),
    check (state <> 'sending' or (payload is not null and lease_until is not null)),
    check (state not in ('confirmed', 'skipped', 'expired', 'failed') or payload is null)
);
-- A claim rewrites its row twice; with the payload kept out of line it rewrites a pointer.
alter table analytics.conversion_events set (toast_tuple_target = 128, fillfactor = 60);
-- In the order in which events are claimed: the oldest have the least time left.
create index conversion_events_queued
    on analytics.conversion_events (tenant_id, destination, destination_id, event_time, order_id, event_name, event_seq)
    where state = 'queued';
create index conversion_events_of_run
    on analytics.conversion_events (tenant_id, destination_id, run_id, event_time, order_id, event_name, event_seq)
    where state = 'queued';
create index conversion_events_sending
    on analytics.conversion_events (tenant_id, destination, destination_id, lease_until) where state = 'sending';
-- What a person is told of, and what can still be sent again.
create index conversion_events_in_doubt on analytics.conversion_events (tenant_id, destination_id)
    where state = 'in_doubt';
create index conversion_events_resendable on analytics.conversion_events (tenant_id, destination_id, event_time)
    where state = 'accepted' and payload is not null;
comment on table analytics.conversion_events is 'What is reported of an order to a destination: an outbox. Each row is in exactly one state; the moves between them are those of include/delivery/ledger.py. Retention: as long as the order; payloads only until nothing can be sent again.';
comment on column analytics.conversion_events.tenant_id is 'tenant';
comment on column analytics.conversion_events.destination_id is 'destination of control.tenant_destinations';
comment on column analytics.conversion_events.order_id is 'order';
comment on column analytics.conversion_events.event_name is 'purchase or refund';
comment on column analytics.conversion_events.event_seq is 'refund_id of a refund; 0 for the purchase, and for the refund that a cancellation is';
comment on column analytics.conversion_events.destination is 'ga4, meta or tiktok';
comment on column analytics.conversion_events.event_id is 'the order''s id in the destination''s template: transaction_id or event_id; null until a template that is none is corrected';
comment on column analytics.conversion_events.event_time is 'when the order was processed, or refunded, UTC; frozen when the row was written';
comment on column analytics.conversion_events.state is 'queued; sending: claimed, a request is under way or its task died; accepted: received, as the vendor says; confirmed: seen in the vendor''s own figures; in_doubt: may have been received; skipped, expired, failed: not sent, see reason';
comment on column analytics.conversion_events.reason is 'why the row is where it is, a word of include/delivery';
comment on column analytics.conversion_events.attempts is 'requests that the event was in and that the vendor answered, or may have got; waiting does not count';
comment on column analytics.conversion_events.not_before is 'business time, UTC, before which a queued row is not due; null: at once';
comment on column analytics.conversion_events.lease_until is 'machine time until which a claim holds; past it what was sent is unknown';
comment on column analytics.conversion_events.fence is 'raised by every claim; a stale holder''s outcome is refused';
comment on column analytics.conversion_events.payload is 'bytes as sent, frozen at the first claim; cleared once nothing can be sent again. Hashes and browser ids of a buyer: not for readers';
comment on column analytics.conversion_events.payload_sha256 is 'hash of the payload, kept';
comment on column analytics.conversion_events.value_minor is 'what the order is worth: its total at the claim, or what a refund gave back, minor units of currency. The value lost where the row expired or failed';
comment on column analytics.conversion_events.sent_value_minor is 'the value in the payload (goods after discounts, without tax and shipping), minor units of currency; null until it is built';
comment on column analytics.conversion_events.currency is 'ISO 4217 code, the order''s';
comment on column analytics.conversion_events.last_code is 'code of the vendor''s last answer that was no success, with its subcode';
comment on column analytics.conversion_events.last_error is 'class, code and our own words, never the vendor''s';
comment on column analytics.conversion_events.request_id is 'the vendor''s id of its last answer';
comment on column analytics.conversion_events.sent_at is 'business time, UTC, of the first request that the vendor may have received the event with; null: it cannot have';
comment on column analytics.conversion_events.accepted_at is 'business time, UTC, of the request that was accepted';
comment on column analytics.conversion_events.run_id is 'run that wrote the row; null where an order''s own transaction did';
comment on column analytics.conversion_events.enqueued_at is 'machine time at which the row was written';

alter table analytics.conversion_events enable row level security;
alter table analytics.conversion_events force row level security;
create policy tenant_isolation on analytics.conversion_events to current_user, analytics_jobs
    using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::bigint))
    with check (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::bigint));
create policy control_reads on analytics.conversion_events for select to analytics_control using (true);
do $$
begin
    -- A database without control has no grants to readers, and so no readers.
    if to_regclass('control.reader_tenants') is not null then
        create policy reader_sees_granted on analytics.conversion_events for select to analytics_reader
            using (tenant_id in (select granted.tenant_id from control.reader_tenants as granted
                                 where granted.role = session_user));
    end if;
end
$$;
grant select, insert, update, delete on analytics.conversion_events to analytics_jobs;
grant select (tenant_id, destination_id, destination, state, not_before, lease_until)
    on analytics.conversion_events to analytics_control;
grant select (tenant_id, destination_id, order_id, event_name, event_seq, destination, event_id, event_time, state,
              reason, attempts, not_before, payload_sha256, value_minor, sent_value_minor, currency, last_code,
              last_error, request_id, sent_at, accepted_at, run_id, enqueued_at)
    on analytics.conversion_events to analytics_reader;

-- A destination whose vendor does not answer is tried less and less often.
alter table analytics.destination_gates add column strikes integer not null default 0;
comment on column analytics.destination_gates.strikes is 'how often it was closed since it was last open';
