insert into analytics.orders (
    tenant_id, order_id, external_id, source, source_name, placed_at, cancelled_at, test, financial_status,
    customer_id, visitor_id, currency, total_minor, row_digest
)
select
    %(tenant_id)s, order_id, external_id, source, source_name, placed_at, cancelled_at, test, financial_status,
    customer_id, visitor_id, currency, total_minor, row_digest
from order_changes
join stage_orders using (order_id)
where order_changes.inserted
