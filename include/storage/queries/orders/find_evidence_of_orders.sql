-- An order that names the same two at the same instant as before says nothing new of them.
insert into evidence_changes (visitor_id, customer_id, valid_from, recount)
select visitor_id, customer_id, min(valid_from), bool_or(recount)
from (
    select stage_orders.visitor_id, stage_orders.customer_id, stage_orders.placed_at as valid_from, false as recount
    from order_changes
    join stage_orders using (order_id)
    where not order_changes.same_evidence
    union all
    select visitor_before, customer_before, null, true
    from order_changes
    where not inserted and not same_evidence
) as named
where visitor_id is not null and customer_id is not null
group by visitor_id, customer_id
