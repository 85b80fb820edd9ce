drop table if exists sold_orders, refunded, edited, sales_events
