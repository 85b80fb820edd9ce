-- What is left of net sales after goods, fulfilment and payment, by month, in minor units; null where a day is not known.
select
    date_trunc('month', day)::date as month,
    sum(amount_minor) filter (where line = 'net_sales') as net_sales,
    case
        when bool_and(amount_minor is not null)
            then sum(amount_minor)
    end as contribution,
    count(distinct day) as days
from analytics.pnl_daily
where
    tenant_id = %(tenant_id)s
    and day >= %(first)s
    and day < %(last)s
    and line in ('net_sales', 'cogs', 'fulfilment', 'payment_fees')
group by 1
