update analytics.customers
set first_order_at = earliest.occurred_at
from (
    select affected_people.customer_id, min(conversions.occurred_at) as occurred_at
    from affected_people
    left join analytics.conversions
        on conversions.tenant_id = %(tenant_id)s
        and conversions.customer_id = affected_people.customer_id
        and conversions.status <> 'excluded'
    where affected_people.customer_id is not null
    group by affected_people.customer_id
) as earliest
where
    customers.tenant_id = %(tenant_id)s
    and customers.customer_id = earliest.customer_id
    and customers.first_order_at is distinct from earliest.occurred_at
