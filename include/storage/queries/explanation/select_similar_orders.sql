-- What somebody may have meant: ids that contain what was typed or are contained in it, else the newest orders.
select external_id
from analytics.orders
where tenant_id = %(tenant_id)s::bigint
order by
    (strpos(lower(external_id), lower(%(external_id)s::text)) > 0
     or strpos(lower(%(external_id)s::text), lower(external_id)) > 0
     or coalesce(name, '') = %(external_id)s::text) desc,
    placed_at desc,
    order_id
limit 3
