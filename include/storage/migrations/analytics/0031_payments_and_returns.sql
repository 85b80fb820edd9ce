-- Payments are estimated one by one, and lines of refunds say whether their goods went back to stock.

comment on table analytics.transactions is 'Successful payments of orders, with the gateway''s own fee where the gateway tells it. Where an order has one of kind sale or capture, these are its payments; a payment without a fee is estimated. Retention: as orders.';
comment on column analytics.refunds.restocked is 'goods of any line went back to stock';
comment on column analytics.refunds.lines is 'refunded lines: line_id, quantity, subtotal and tax in minor units of the order''s currency, restocked: whether these pieces went back to stock; lines without it follow refunds.restocked';
