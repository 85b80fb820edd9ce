-- A day's result is made of the ledger and the facts alone, so that doing it again gives the same row; a row that would
-- be the same is not written. Where the vendor could not be asked (checked false), what it showed before stands.
insert into analytics.delivery_checks as checks (
    tenant_id, destination_id, day, currency, destination, events, skipped, waiting, sent, accepted, confirmed,
    in_doubt, expired, failed, missing, duplicated, value_differing, sent_value_minor, confirmed_value_minor,
    value_difference_minor, foreign_events, provable, cannot_prove, guards, checked_at, run_id
)
with remarkable as (
    select
        order_id,
        event_name,
        event_seq,
        bool_or(run_id = %(run_id)s and (verdict like 'missing%%' or verdict = %(requeued)s)) as missing,
        (
            array_agg(observed_minor - expected_minor order by as_of desc)
            filter (where verdict in ('duplicated', 'value_differs'))
        )[1] as difference
    from analytics.delivery_facts
    where tenant_id = %(tenant_id)s and destination_id = %(destination_id)s and order_id <> 0
    group by order_id, event_name, event_seq
),

days as (
    select
        (events.event_time at time zone %(zone)s::text)::date as day,
        events.currency,
        count(*) as events,
        count(*) filter (where events.state = 'skipped') as skipped,
        count(*) filter (where events.state in ('queued', 'sending')) as waiting,
        count(*) filter (where events.sent_at is not null) as sent,
        count(*) filter (where events.state = 'accepted') as accepted,
        count(*) filter (where events.state = 'confirmed') as confirmed,
        count(*) filter (where events.state = 'in_doubt') as in_doubt,
        count(*) filter (where events.state = 'expired') as expired,
        count(*) filter (where events.state = 'failed') as failed,
        count(*) filter (where remarkable.missing or events.reason = any(%(missing_reasons)s)) as missing,
        count(*) filter (where events.state = 'confirmed' and events.reason = 'duplicated') as duplicated,
        count(*) filter (where events.state = 'confirmed' and events.reason = 'value_differs') as value_differing,
        coalesce(sum(coalesce(events.sent_value_minor, events.value_minor))
            filter (where events.sent_at is not null), 0) as sent_value_minor,
        coalesce(sum(coalesce(events.sent_value_minor, events.value_minor))
            filter (where events.state = 'confirmed'), 0) as confirmed_value_minor,
        coalesce(sum(remarkable.difference) filter (where events.state = 'confirmed'), 0) as value_difference_minor
    from analytics.conversion_events as events
    left join remarkable using (order_id, event_name, event_seq)
    where
        events.tenant_id = %(tenant_id)s
        and events.destination_id = %(destination_id)s
        and events.event_name = 'purchase'
        and events.event_time >= %(start)s
        and events.event_time < %(end)s
    group by day, events.currency
)

select
    %(tenant_id)s,
    %(destination_id)s,
    days.day,
    days.currency,
    %(destination)s,
    days.events,
    days.skipped,
    days.waiting,
    days.sent,
    days.accepted,
    days.confirmed,
    days.in_doubt,
    days.expired,
    days.failed,
    days.missing,
    case when %(provable)s = 'event' then days.duplicated end,
    case when %(provable)s = 'event' then days.value_differing end,
    days.sent_value_minor,
    days.confirmed_value_minor,
    case when %(provable)s = 'event' then days.value_difference_minor end,
    facts.foreign_events,
    %(provable)s,
    %(cannot_prove)s,
    coalesce(facts.guards, '{}'),
    %(now)s,
    %(run_id)s
from days
left join lateral (
    select
        array_agg(distinct guard) filter (where guard is not null) as guards,
        max((facts.detail ->> 'foreign')::bigint)
            filter (where facts.detail ->> 'day' = days.day::text) as foreign_events
    from analytics.delivery_facts as facts
    left join lateral unnest(facts.guards) as guard on true
    where
        facts.tenant_id = %(tenant_id)s
        and facts.destination_id = %(destination_id)s
        and facts.run_id = %(run_id)s
        and facts.window_from < (days.day + 1)::timestamp at time zone %(zone)s::text
        and facts.window_to > days.day::timestamp at time zone %(zone)s::text
) as facts on true
on conflict (tenant_id, destination_id, day, currency) do update
set
    destination = excluded.destination,
    events = excluded.events,
    skipped = excluded.skipped,
    waiting = excluded.waiting,
    sent = excluded.sent,
    accepted = excluded.accepted,
    confirmed = excluded.confirmed,
    in_doubt = excluded.in_doubt,
    expired = excluded.expired,
    failed = excluded.failed,
    missing = excluded.missing,
    duplicated = case when %(checked)s then excluded.duplicated else checks.duplicated end,
    value_differing = case when %(checked)s then excluded.value_differing else checks.value_differing end,
    sent_value_minor = excluded.sent_value_minor,
    confirmed_value_minor = excluded.confirmed_value_minor,
    value_difference_minor = case when %(checked)s then excluded.value_difference_minor else checks.value_difference_minor end,
    foreign_events = case when %(checked)s then excluded.foreign_events else checks.foreign_events end,
    provable = case when %(checked)s then excluded.provable else checks.provable end,
    cannot_prove = excluded.cannot_prove,
    guards = case when %(checked)s then excluded.guards else checks.guards end,
    checked_at = excluded.checked_at,
    run_id = excluded.run_id
where
    (
        checks.destination, checks.events, checks.skipped, checks.waiting, checks.sent, checks.accepted,
        checks.confirmed, checks.in_doubt, checks.expired, checks.failed, checks.missing, checks.sent_value_minor,
        checks.confirmed_value_minor
    ) is distinct from (
        excluded.destination, excluded.events, excluded.skipped, excluded.waiting, excluded.sent, excluded.accepted,
        excluded.confirmed, excluded.in_doubt, excluded.expired, excluded.failed, excluded.missing,
        excluded.sent_value_minor, excluded.confirmed_value_minor
    )
    or %(checked)s
    and (
        checks.duplicated, checks.value_differing, checks.value_difference_minor, checks.foreign_events,
        checks.provable, checks.cannot_prove, checks.guards
    ) is distinct from (
        excluded.duplicated, excluded.value_differing, excluded.value_difference_minor, excluded.foreign_events,
        excluded.provable, excluded.cannot_prove, excluded.guards
    )
