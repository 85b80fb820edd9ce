-- Every writer of credit locks its conversions in the order of their ids, so that two never wait for each other.
select count(*) as locked
from (
    select 1
    from analytics.conversions
    where
        tenant_id = %(tenant_id)s
        and conversion_id in (
            select conversion_id
            from analytics.selected_conversions(
                %(tenant_id)s::bigint, %(start)s::timestamptz, %(end)s::timestamptz,
                %(currency)s::text, %(due_at)s::timestamptz, %(ids)s::bigint[]
            )
        )
    order by conversion_id
    for no key update
) as conversions
