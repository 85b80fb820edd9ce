-- What vendors show of what was sent to them: every check as a fact, their counts as they were read, and a day's result.

create table analytics.delivery_facts (
    tenant_id bigint not null,
    destination_id text not null,
    method text not null,
    window_from timestamptz not null,
    window_to timestamptz not null,
    order_id bigint not null default 0,
    event_name text not null default '',
    event_seq bigint not null default 0,
    run_id text not null,
    as_of timestamptz not null,
    verdict text not null,
    proof smallint not null,
    expected bigint,
    observed bigint,
    expected_minor bigint,
    observed_minor bigint,
    currency text,
    guards text[] not null default '{}',
    digest bytea,
    detail jsonb not null default '{}',
    recorded_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, destination_id, method, window_from, window_to, order_id, event_name, event_seq, run_id),
    check (proof between 0 and 3)
);
create index delivery_facts_of_orders
    on analytics.delivery_facts (tenant_id, destination_id, order_id, event_name, event_seq) where order_id <> 0;
comment on table analytics.delivery_facts is 'What a validation read and concluded, never changed. A confirmed event has no fact of its own unless something about it is remarkable: its set has one. Retention: 400 days.';
comment on column analytics.delivery_facts.tenant_id is 'tenant';
comment on column analytics.delivery_facts.destination_id is 'destination of control.tenant_destinations';
comment on column analytics.delivery_facts.method is 'what was asked: ga4_report, ga4_realtime, meta_stats, meta_dataset, tiktok_counts';
comment on column analytics.delivery_facts.window_from is 'first instant of the events or posts that the fact is about, UTC';
comment on column analytics.delivery_facts.window_to is 'end of that window, exclusive, UTC';
comment on column analytics.delivery_facts.order_id is 'order of a fact about one event; 0 for a set';
comment on column analytics.delivery_facts.event_name is 'purchase or refund; empty for a set';
comment on column analytics.delivery_facts.event_seq is 'as in conversion_events; 0 for a set';
comment on column analytics.delivery_facts.run_id is 'run that read it';
comment on column analytics.delivery_facts.as_of is 'business time of the read, UTC';
comment on column analytics.delivery_facts.verdict is 'conclusion, a word of docs/delivery_validation.md';
comment on column analytics.delivery_facts.proof is '3 this very event, 2 all or none of a set, 1 plausibility, 0 nothing';
comment on column analytics.delivery_facts.expected is 'events that the ledger knows of: received, or for a set with doubtful ones at least these';
comment on column analytics.delivery_facts.observed is 'events that the vendor shows; null: it does not say';
comment on column analytics.delivery_facts.expected_minor is 'value as sent, minor units of currency; of a fact about one event';
comment on column analytics.delivery_facts.observed_minor is 'value as the vendor shows it, minor units of currency; null: it does not say';
comment on column analytics.delivery_facts.currency is 'ISO 4217 code of the two values';
comment on column analytics.delivery_facts.guards is 'guards that failed; with any, the fact changed no row';
comment on column analytics.delivery_facts.digest is 'SHA-256 of the answers that were read';
comment on column analytics.delivery_facts.detail is 'further figures, never ids or texts of a vendor';
comment on column analytics.delivery_facts.recorded_at is 'machine time';

create table analytics.delivery_counts (
    tenant_id bigint not null,
    destination_id text not null,
    bucket_from timestamptz not null,
    bucket_to timestamptz not null,
    received bigint,
    vendor_event text,
    unchanged_since timestamptz not null,
    read_at timestamptz not null,
    primary key (tenant_id, destination_id, bucket_from)
);
comment on table analytics.delivery_counts is 'How many server purchases a vendor that only counts showed in a bucket, as last read: vendors forget after a week. Retention: 400 days.';
comment on column analytics.delivery_counts.tenant_id is 'tenant';
comment on column analytics.delivery_counts.destination_id is 'destination of control.tenant_destinations';
comment on column analytics.delivery_counts.bucket_from is 'start of the vendor''s bucket, UTC: an hour of Meta, a day of TikTok';
comment on column analytics.delivery_counts.bucket_to is 'its end, exclusive, UTC';
comment on column analytics.delivery_counts.received is 'server purchases; null: the vendor does not say';
comment on column analytics.delivery_counts.vendor_event is 'name the vendor counted them under; null: none needed or none seen';
comment on column analytics.delivery_counts.unchanged_since is 'business time of the first of the reads that gave this figure, UTC';
comment on column analytics.delivery_counts.read_at is 'business time of the last read, UTC';

create table analytics.delivery_checks (
    tenant_id bigint not null,
    destination_id text not null,
    day date not null,
    currency text not null,
    destination text not null,
    events bigint not null,
    skipped bigint not null,
    waiting bigint not null,
    sent bigint not null,
    accepted bigint not null,
    confirmed bigint not null,
    in_doubt bigint not null,
    expired bigint not null,
    failed bigint not null,
    missing bigint not null,
    duplicated bigint not null,
    value_differing bigint not null,
    sent_value_minor bigint not null,
    confirmed_value_minor bigint not null,
    value_difference_minor bigint,
    foreign_events bigint,
    provable text not null,
    cannot_prove text[] not null,
    guards text[] not null,
    checked_at timestamptz not null,
    run_id text not null,
    primary key (tenant_id, destination_id, day, currency),
    check (provable in ('event', 'set', 'nothing'))
);
comment on table analytics.delivery_checks is 'What became of a day''s purchases at a destination, as the last validation left it: events = skipped + waiting + accepted + confirmed + in_doubt + expired + failed. Refunds are not in it. Kept for ever.';
comment on column analytics.delivery_checks.tenant_id is 'tenant';
comment on column analytics.delivery_checks.destination_id is 'destination of control.tenant_destinations';
comment on column analytics.delivery_checks.day is 'tenant-local day of event_time';
comment on column analytics.delivery_checks.currency is 'ISO 4217 code of the orders and of every value here';
comment on column analytics.delivery_checks.destination is 'ga4, meta or tiktok';
comment on column analytics.delivery_checks.events is 'purchases in the ledger, whatever their state';
comment on column analytics.delivery_checks.skipped is 'not to be sent: consent, identifiers, cutover, cancelled before';
comment on column analytics.delivery_checks.waiting is 'queued or being sent';
comment on column analytics.delivery_checks.sent is 'the vendor may have received them, whatever became of them since';
comment on column analytics.delivery_checks.accepted is 'the vendor said so; not proven yet, or not provable';
comment on column analytics.delivery_checks.confirmed is 'seen in the vendor''s own figures: the very event where provable is event, as part of a set where it is set';
comment on column analytics.delivery_checks.in_doubt is 'may have been received';
comment on column analytics.delivery_checks.expired is 'too late to send, or again';
comment on column analytics.delivery_checks.failed is 'refused for good, or missing at the destination';
comment on column analytics.delivery_checks.missing is 'sent, and found not to be there: by this check, or settled as such';
comment on column analytics.delivery_checks.duplicated is 'confirmed and counted more than once by the vendor';
comment on column analytics.delivery_checks.value_differing is 'confirmed at another value than was sent';
comment on column analytics.delivery_checks.sent_value_minor is 'value stated by what was sent, minor units';
comment on column analytics.delivery_checks.confirmed_value_minor is 'value stated by what is confirmed, minor units';
comment on column analytics.delivery_checks.value_difference_minor is 'what the vendor shows of the confirmed less what was sent, minor units; null: the vendor shows no value of an event';
comment on column analytics.delivery_checks.foreign_events is 'purchases of that day at the vendor that are not in the ledger, by the vendor''s calendar; null: cannot be told';
comment on column analytics.delivery_checks.provable is 'what the vendor''s API can prove of this destination at best: event, set (all or none of it) or nothing';
comment on column analytics.delivery_checks.cannot_prove is 'what it can never prove';
comment on column analytics.delivery_checks.guards is 'guards that failed in the last check of this day';
comment on column analytics.delivery_checks.checked_at is 'business time of the last check that changed the row, UTC';
comment on column analytics.delivery_checks.run_id is 'run of that check';

-- What a validation asks about: few rows of a large table.
create index conversion_events_unproven
    on analytics.conversion_events (tenant_id, destination_id, event_time) where state in ('accepted', 'in_doubt');

do $$
declare
    name text;
begin
    foreach name in array array['delivery_facts', 'delivery_counts', 'delivery_checks'] loop
        execute format('alter table analytics.%I enable row level security', name);
        execute format('alter table analytics.%I force row level security', name);
        execute format(
            'create policy tenant_isolation on analytics.%I to current_user, analytics_jobs
                using (tenant_id = (select nullif(current_setting(''app.tenant_id'', true), '''')::bigint))
                with check (tenant_id = (select nullif(current_setting(''app.tenant_id'', true), '''')::bigint))', name);
        -- A database without control has no grants to readers, and so no readers.
        if to_regclass('control.reader_tenants') is not null then
            execute format(
                'create policy reader_sees_granted on analytics.%I for select to analytics_reader
                    using (tenant_id in (select granted.tenant_id from control.reader_tenants as granted
                                         where granted.role = session_user))', name);
        end if;
    end loop;
end
$$;
grant select, insert, update, delete on analytics.delivery_counts, analytics.delivery_checks to analytics_jobs;
grant select, insert on analytics.delivery_facts to analytics_jobs;
grant select on analytics.delivery_facts, analytics.delivery_counts, analytics.delivery_checks to analytics_reader;

-- security_invoker: the policies of the reader apply, not those of the owner.
create view analytics.v_delivery with (security_invoker = true) as
select tenant_id,
       destination_id,
       destination,
       (event_time at time zone 'UTC')::date as utc_day,
       event_name,
       state,
       reason,
       currency,
       count(*) as events,
       sum(value_minor)::bigint as value_minor,
       sum(sent_value_minor)::bigint as sent_value_minor
from analytics.conversion_events
group by tenant_id, destination_id, destination, utc_day, event_name, state, reason, currency;
comment on view analytics.v_delivery is
    'Where reported purchases and refunds stand: one row per destination, UTC day of the event, state, reason and currency, with their number and value (minor units of currency).';

create view analytics.v_delivery_rate with (security_invoker = true) as
select tenant_id,
       destination_id,
       destination,
       day,
       currency,
       events - skipped as eligible,
       confirmed,
       missing,
       duplicated,
       value_difference_minor,
       round(confirmed::numeric / nullif(events - skipped, 0), 4) as delivery_rate,
       round((accepted + in_doubt)::numeric / nullif(events - skipped, 0), 4) as unproven_share,
       provable,
       cannot_prove,
       guards,
       checked_at
from analytics.delivery_checks;
comment on view analytics.v_delivery_rate is
    'Per destination and tenant-local day: which share of the purchases to be sent the vendor''s own figures confirm (delivery_rate, 0 to 1; null without any), which is sent and unproven, and what the vendor can prove.';
grant select on analytics.v_delivery, analytics.v_delivery_rate to analytics_jobs, analytics_reader;
