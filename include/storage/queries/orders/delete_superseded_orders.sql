-- Of several rows of one order the last one is its state.
delete from stage_orders as earlier
using (
    select order_id, max(line) as last_line
    from stage_orders
    group by order_id
    having count(*) > 1
) as repeated
where earlier.order_id = repeated.order_id and earlier.line < repeated.last_line
