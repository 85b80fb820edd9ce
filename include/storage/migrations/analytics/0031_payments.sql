-- Payments are estimated one by one.

comment on table analytics.transactions is 'Successful payments of orders, with the gateway''s own fee where the gateway tells it. Where an order has one of kind sale or capture, these are its payments; a payment without a fee is estimated. Retention: as orders.';
