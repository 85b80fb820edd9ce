-- The same comparison as in orders/update_changed_conversions and orders/insert_conversions.
select
    wanted.order_id,
    case when conversions.conversion_id is null then 'orders_without_conversion'
         else 'conversions_differing' end as finding
from wanted_conversions as wanted
left join analytics.conversions
    on conversions.tenant_id = %(tenant_id)s and conversions.conversion_id = wanted.order_id
where
    case
        when conversions.conversion_id is null then wanted.excluded_reason is null
        else (conversions.visitor_id, conversions.customer_id, conversions.occurred_at, conversions.cancelled_at,
              conversions.value_minor, conversions.currency)
             is distinct from
             (wanted.visitor_id, wanted.customer_id, wanted.occurred_at, wanted.cancelled_at,
              wanted.value_minor, wanted.currency)
             or case when conversions.status = 'excluded' then conversions.reason end
                is distinct from wanted.excluded_reason
    end
order by wanted.order_id
