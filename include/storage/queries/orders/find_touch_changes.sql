-- Only changes that a journey can see: who, when, click or view, which exposure, consent.
insert into touch_changes (touchpoint_id, visitor_id, occurred_at, type, consent, was_there)
select touchpoint_id, staged.visitor_id, staged.occurred_at, staged.type, staged.consent, false
from stage_touchpoints as staged
left join touch_matches using (touchpoint_id)
where touch_matches.touchpoint_id is null
union all
select
    touchpoint_id,
    case when state.was_there then stored.visitor_id else staged.visitor_id end,
    case when state.was_there then stored.occurred_at else staged.occurred_at end,
    case when state.was_there then stored.type else staged.type end,
    case when state.was_there then stored.consent else staged.consent end,
    state.was_there
from touch_matches
join stage_touchpoints as staged using (touchpoint_id)
join analytics.touchpoints as stored using (touchpoint_id)
cross join (values (true), (false)) as state (was_there)
where
    touch_matches.changed
    and stored.tenant_id = %(tenant_id)s
    and (stored.visitor_id, stored.occurred_at, stored.type, stored.exposure_key, stored.consent)
        is distinct from
        (staged.visitor_id, staged.occurred_at, staged.type, staged.exposure_key, staged.consent)
