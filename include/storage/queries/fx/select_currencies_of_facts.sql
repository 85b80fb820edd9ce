select currency from analytics.ad_spend_daily where tenant_id = %(tenant_id)s
union
select currency from analytics.orders where tenant_id = %(tenant_id)s
union
select currency from analytics.transactions where tenant_id = %(tenant_id)s
union
select currency from analytics.product_costs where tenant_id = %(tenant_id)s
