-- How many orders a day's money is of, what is new in the comments of the catalogue, and of the snapshot what analysts lacked.

alter table analytics.metrics_daily add column priced_orders bigint;
comment on column analytics.metrics_daily.priced_orders is 'orders in the tenant''s currency, or in one that has a rate on the day; orders; by order_clock, excluded_orders, excluded_sources; the others'' money is in no figure of the day, and named in incomplete';
comment on column analytics.metrics_daily.returns is 'goods refunded, and what cancellations take back of net sales, positive; major units of the tenant''s currency; by refund_recognition, order_clock, order_edit_recognition, excluded_orders, excluded_sources, gift_card_treatment; without tax';
comment on column analytics.metrics_daily.gift_cards is 'gift cards sold less those refunded, which are no sales until they are redeemed; major units of the tenant''s currency; by refund_recognition, order_clock, order_edit_recognition, excluded_orders, excluded_sources, gift_card_treatment';
comment on column analytics.metrics_daily.aov is 'revenue of aov_basis / priced_orders; major units of the tenant''s currency; null where the denominator is 0 or not known; by aov_basis, refund_recognition, order_clock, order_edit_recognition, excluded_orders, excluded_sources';
comment on column analytics.metrics_daily.new_customers is 'customers whose first countable order this is; customers; by order_clock, excluded_orders, excluded_sources; first by placed_at, never by arrival; on the day on which that order counts';
comment on column analytics.metrics_hourly.returns is 'goods refunded, and what cancellations take back of net sales, positive; major units of the tenant''s currency; by refund_recognition, order_clock, order_edit_recognition, excluded_orders, excluded_sources, gift_card_treatment; without tax';

create or replace view analytics.v_sales_daily with (security_invoker = true) as
select tenant_id, day, is_final, currency, orders, cancelled_orders, gross, discounts, returns, net_sales, shipping, tax, tips,
       other_charges, gift_cards, total_sales, order_value, aov, return_rate, discount_rate,
       incomplete ->> 'sales' as incomplete, priced_orders
from analytics.metrics_daily;

create or replace view analytics.v_marketing_daily with (security_invoker = true) as
select tenant_id, day, is_final, currency, ad_spend, ad_spend_known, impressions, clicks, sessions, roas, mer, acos, amer, cpa, cac, cpm,
       cpc, ctr, conversion_rate, revenue_per_session, attributed_orders, unattributed_orders, unattributed_share,
       incomplete ->> 'ad_spend' as incomplete, pending_orders, eligible_orders, attributed_revenue, unattributed_revenue,
       unattributed_reasons, path_touches, path_hours, path_length, time_lag_hours
from analytics.metrics_daily;
