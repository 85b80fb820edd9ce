-- For every conversion whose journey may change: whose touches it could take before, and whose it can now.
create temporary table journey_visitors on commit drop as
with touched as (
    select visitor_id from touch_changes
    union
    select visitor_id from identity_changes
),
people as (
    select distinct customer_id from person_visitors
),
related as (
    select conversions.conversion_id
    from touched
    join analytics.conversions on conversions.tenant_id = %(tenant_id)s and conversions.visitor_id = touched.visitor_id
    union
    select conversions.conversion_id
    from people
    join analytics.conversions
        on conversions.tenant_id = %(tenant_id)s and conversions.customer_id = people.customer_id
),
ruled as (
    select
        conversions.conversion_id,
        conversions.visitor_id,
        conversions.customer_id as customer_before,
        case when restitched.conversion_id is null then conversions.customer_id
             else restitched.customer_after end as customer_after,
        conversions.occurred_at,
        journey_settings.max_visitors,
        conversions.occurred_at - journey_settings.lookback as touches_from,
        case when journey_settings.views_count
             then conversions.occurred_at - journey_settings.view_lookback end as views_from,
        journey_settings.consent,
        case when conversions.status = 'unattributed' then conversions.reason end as unearned_reason
    from related
    join analytics.conversions
        on conversions.tenant_id = %(tenant_id)s and conversions.conversion_id = related.conversion_id
    left join restitched on restitched.conversion_id = related.conversion_id
    join journey_settings
        on conversions.occurred_at >= journey_settings.valid_from
        and conversions.occurred_at < journey_settings.valid_to
    where conversions.status <> 'excluded' and conversions.reason is distinct from 'excluded_source'
),
sizes as (
    select
        customer_id,
        count(*) filter (where was_theirs) as visitors_before,
        count(*) filter (where is_theirs) as visitors_after
    from person_visitors
    group by customer_id
),
contributing as (
    select conversion_id, visitor_id, true as before, true as after
    from ruled
    where visitor_id is not null
    union all
    select ruled.conversion_id, person_visitors.visitor_id, true, false
    from ruled
    join sizes on sizes.customer_id = ruled.customer_before and sizes.visitors_before <= ruled.max_visitors
    join person_visitors on person_visitors.customer_id = ruled.customer_before and person_visitors.was_theirs
    union all
    select ruled.conversion_id, person_visitors.visitor_id, false, true
    from ruled
    join sizes on sizes.customer_id = ruled.customer_after and sizes.visitors_after <= ruled.max_visitors
    join person_visitors on person_visitors.customer_id = ruled.customer_after and person_visitors.is_theirs
)
select
    contributing.conversion_id,
    contributing.visitor_id,
    bool_or(contributing.before) as before,
    bool_or(contributing.after) as after,
    ruled.occurred_at,
    ruled.touches_from,
    ruled.views_from,
    ruled.consent,
    ruled.unearned_reason
from contributing
join ruled using (conversion_id)
group by
    contributing.conversion_id, contributing.visitor_id,
    ruled.occurred_at, ruled.touches_from, ruled.views_from, ruled.consent, ruled.unearned_reason
