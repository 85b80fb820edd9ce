-- All visitors of the customers whose journeys may change, and whether they were theirs before and are now.
create temporary table person_visitors on commit drop as
with touched as (
    select distinct visitor_id from touch_changes
),
concerned as (
    select customer_before as customer_id from identity_changes where customer_before is not null
    union
    select customer_after from identity_changes where customer_after is not null
    union
    select customer_id
    from (
        select distinct on (identities.visitor_id) identities.customer_id
        from touched
        join analytics.visitor_identities as identities using (visitor_id)
        where identities.tenant_id = %(tenant_id)s
        order by identities.visitor_id, identities.valid_from, identities.customer_id
    ) as current
),
visitors as (
    select identities.visitor_id
    from concerned
    join analytics.visitor_identities as identities using (customer_id)
    where identities.tenant_id = %(tenant_id)s
    union
    select visitor_id from identity_changes
),
mapped as (
    select distinct on (identities.visitor_id) identities.visitor_id, identities.customer_id
    from visitors
    join analytics.visitor_identities as identities using (visitor_id)
    where identities.tenant_id = %(tenant_id)s
    order by identities.visitor_id, identities.valid_from, identities.customer_id
)
select customer_id, visitor_id, bool_or(was_theirs) as was_theirs, bool_or(is_theirs) as is_theirs
from (
    select customer_id, visitor_id, false as was_theirs, true as is_theirs
    from mapped
    union all
    select
        case when identity_changes.visitor_id is null then mapped.customer_id else identity_changes.customer_before end,
        visitors.visitor_id,
        true,
        false
    from visitors
    left join mapped using (visitor_id)
    left join identity_changes using (visitor_id)
) as stitched
where customer_id in (select customer_id from concerned)
group by customer_id, visitor_id
