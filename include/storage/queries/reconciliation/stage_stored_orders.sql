-- Stored orders as a writer of orders would stage them. Where the ids are null, those of the window.
insert into stage_orders (
    line, order_id, external_id, source, source_name, placed_at, cancelled_at, test, financial_status,
    customer_id, visitor_id, currency, total_minor, row_digest
)
select
    row_number() over (),
    order_id, external_id, source, source_name, placed_at, cancelled_at, test, financial_status,
    customer_id, visitor_id, currency, total_minor, row_digest
from analytics.orders
where
    tenant_id = %(tenant_id)s
    and placed_at >= %(start)s
    and placed_at < %(end)s
    and (%(ids)s::bigint[] is null or order_id = any(%(ids)s::bigint[]))
