-- Conversions that have to be credited anew, and why: exactly those in whose window something changed. A touch that
-- consent keeps from counting changes the reason of a conversion that nobody earned.
create temporary table reopenings on commit drop as
select journeys.conversion_id, 'late_touch' as cause, min(touches.touchpoint_id) as touchpoint_id, null::bigint as visitor_id
from journey_visitors as journeys
join touch_changes as touches using (visitor_id)
where
    case when touches.was_there then journeys.before else journeys.after end
    and touches.occurred_at <= journeys.occurred_at
    and touches.occurred_at >= case when touches.type = 'view' then journeys.views_from else journeys.touches_from end
    and touches.type <> 'survey'
    and (journeys.consent = 'ignore'
         or touches.consent = 'granted'
         or (journeys.consent = 'exclude_denied' and touches.consent is distinct from 'denied')
         or (journeys.unearned_reason = 'consent_denied') = touches.was_there)
group by journeys.conversion_id
union all
select journeys.conversion_id, 'identity', null, min(journeys.visitor_id)
from journey_visitors as journeys
join analytics.touchpoints as touches using (visitor_id)
where
    touches.tenant_id = %(tenant_id)s
    and journeys.before <> journeys.after
    and touches.occurred_at <= journeys.occurred_at
    and touches.occurred_at >= case when touches.type = 'view' then journeys.views_from else journeys.touches_from end
    and touches.type <> 'survey'
    and (journeys.consent = 'ignore'
         or touches.consent = 'granted'
         or (journeys.consent = 'exclude_denied' and touches.consent is distinct from 'denied')
         or (journeys.unearned_reason = 'consent_denied') = journeys.before)
group by journeys.conversion_id
