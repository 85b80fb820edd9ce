-- Whose orders changed, before and after: a customer, or a visitor nobody knows more of.
create temporary table affected_people on commit drop as
select customer_id, case when customer_id is null then visitor_id end as visitor_id
from (
    select conversions.customer_id, conversions.visitor_id
    from order_changes
    join analytics.conversions
        on conversions.tenant_id = %(tenant_id)s and conversions.conversion_id = order_changes.order_id
    union
    select customer_id, visitor_id from wanted_conversions
    union
    select customer_before, visitor_id from restitched
    union
    select customer_after, visitor_id from restitched
) as people
where customer_id is not null or visitor_id is not null
group by 1, 2
