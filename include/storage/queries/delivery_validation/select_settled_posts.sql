-- Posts that a vendor which only counts has received too, or may have: of confirmed rows, earlier tries of rows that were
-- sent again, and rows that were given up. What a validation put back was proven not to have been received before.
with purchases as (
    select
        events.state,
        events.sent_at,
        coalesce(events.accepted_at, events.sent_at) as counted_at,
        events.attempts > 1 or events.accepted_at > events.sent_at as resent,
        exists (
            select 1
            from analytics.delivery_facts as facts
            where
                facts.tenant_id = %(tenant_id)s
                and facts.destination_id = events.destination_id
                and facts.order_id = events.order_id
                and facts.event_name = events.event_name
                and facts.event_seq = events.event_seq
                and facts.verdict = %(requeued)s
        ) as requeued
    from analytics.conversion_events as events
    where
        events.tenant_id = %(tenant_id)s
        and events.destination_id = %(destination_id)s
        and events.event_name = 'purchase'
        and (events.sent_at >= %(start)s or events.accepted_at >= %(start)s)
)

select counted_at as sent_at, true as certain, count(*) as rows
from purchases
where state = 'confirmed'
group by counted_at
union all
select sent_at, false, count(*)
from purchases
where
    not requeued
    and (state in ('queued', 'sending', 'expired', 'failed', 'skipped') or resent)
group by sent_at
