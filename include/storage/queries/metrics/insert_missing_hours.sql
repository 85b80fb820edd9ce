insert into analytics.metrics_hourly (
    tenant_id, hour, day, currency, orders, gross, discounts, returns, net_sales, total_sales, new_customer_orders,
    sessions, incomplete, preference_version, catalogue_version, run_id, changed_at
)
select
    tenant_id, hour, day, currency, orders, gross, discounts, returns, net_sales, total_sales, new_customer_orders,
    sessions, incomplete, preference_version, catalogue_version, run_id, changed_at
from stage_hours as staged
where not exists (
    select 1
    from analytics.metrics_hourly as stored
    where stored.tenant_id = %(tenant_id)s and stored.hour = staged.hour
)
returning day
