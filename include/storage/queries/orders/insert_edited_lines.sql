-- An edit never changes once it is made. Its own day and its order's have other sales with it.
with noted as (
    insert into analytics.order_edits (tenant_id, edit_id, line_id, order_id, committed_at, quantity)
    select %(tenant_id)s, edit_id, line_id, order_id, committed_at, quantity
    from stage_edited_lines
    on conflict (tenant_id, edit_id, line_id) do nothing
    returning order_id, committed_at
)
insert into analytics.restate_queue (tenant_id, day, cause)
select distinct %(tenant_id)s::bigint, (happened.at at time zone %(timezone)s)::date as day, 'sale'
from (
    select committed_at as at
    from noted
    union all
    select times.at
    from noted
    join analytics.orders on orders.tenant_id = %(tenant_id)s and orders.order_id = noted.order_id
    cross join lateral (values (orders.placed_at), (orders.processed_at)) as times (at)
    where times.at is not null
) as happened
order by day
on conflict (tenant_id, day, cause) do update
set requested_at = clock_timestamp()
