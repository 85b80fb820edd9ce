-- A person's first order by placed_at, then by id, is the new customer's; arrival order never matters.
create temporary table judgements on commit drop as
select conversion_id, was_new, is_new
from (
    select
        theirs.conversion_id,
        theirs.is_new_customer as was_new,
        row_number() over (
            partition by theirs.customer_id, case when theirs.customer_id is null then theirs.visitor_id end
            order by theirs.occurred_at, theirs.order_id
        ) = 1 as is_new
    from (
        select conversions.*
        from affected_people
        join analytics.conversions
            on conversions.tenant_id = %(tenant_id)s and conversions.customer_id = affected_people.customer_id
        union all
        select conversions.*
        from affected_people
        join analytics.conversions
            on conversions.tenant_id = %(tenant_id)s
            and conversions.visitor_id = affected_people.visitor_id
            and conversions.customer_id is null
    ) as theirs
    where theirs.status <> 'excluded'
) as judged
where was_new is distinct from is_new
