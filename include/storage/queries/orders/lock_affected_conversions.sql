-- One statement, in the order of ids, as every writer of credit does. A conversion that is being credited right now is
-- waited for, and judged by its new state.
select count(*) as locked
from (
    select 1
    from analytics.conversions
    where
        tenant_id = %(tenant_id)s
        and conversion_id in (
            select order_id from order_changes
            union
            select conversion_id from restitched
            union
            select conversion_id from reopenings
            union
            select theirs.conversion_id
            from affected_people
            join analytics.conversions as theirs
                on theirs.tenant_id = %(tenant_id)s and theirs.customer_id = affected_people.customer_id
            union
            select theirs.conversion_id
            from affected_people
            join analytics.conversions as theirs
                on theirs.tenant_id = %(tenant_id)s and theirs.visitor_id = affected_people.visitor_id
        )
    order by conversion_id
    for no key update
) as conversions
