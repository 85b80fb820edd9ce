drop table if exists wanted_orders, goods_of_orders, sold_orders, refunded, edited, sales_events
