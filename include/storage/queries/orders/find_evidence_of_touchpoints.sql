insert into evidence_changes (visitor_id, customer_id, valid_from, recount)
select visitor_id, customer_id, min(valid_from), bool_or(recount)
from (
    select staged.visitor_id, staged.customer_id, staged.occurred_at as valid_from, false as recount
    from stage_touchpoints as staged
    left join touch_matches using (touchpoint_id)
    where touch_matches.changed is distinct from false
    union all
    select stored.visitor_id, stored.customer_id, null, true
    from touch_matches
    join analytics.touchpoints as stored using (touchpoint_id)
    where touch_matches.changed and stored.tenant_id = %(tenant_id)s
) as named
where customer_id is not null
group by visitor_id, customer_id
