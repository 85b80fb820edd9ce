insert into analytics.orders (
    tenant_id, order_id, external_id, source, source_name, placed_at, cancelled_at, test, financial_status,
    customer_id, visitor_id, currency, total_minor, row_digest, updated_at, triggered_at, name, processed_at,
    gross_minor, discounts_minor, shipping_minor, tax_minor, tips_minor, taxes_included, gateway, presentment_currency
)
select
    %(tenant_id)s, order_id, external_id, source, source_name, placed_at, cancelled_at, test, financial_status,
    customer_id, visitor_id, currency, total_minor, row_digest, updated_at, triggered_at, name, processed_at,
    gross_minor, discounts_minor, shipping_minor, tax_minor, tips_minor, taxes_included, gateway, presentment_currency
from order_changes
join stage_orders using (order_id)
where order_changes.inserted
