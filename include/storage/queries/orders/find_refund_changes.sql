insert into refund_changes (order_id)
select stage_refunds.order_id
from refund_matches
join stage_refunds using (refund_id)
where refund_matches.rewritten
union
select order_before
from refund_matches
where rewritten and not inserted
