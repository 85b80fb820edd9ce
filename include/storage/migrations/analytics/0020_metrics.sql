-- What people run a shop on: hours, days and weeks of a tenant, its channels, its cohorts; and what of edits these need.
-- Comments of columns that are metrics are those of include/metrics/catalogue, which a test compares.

create table analytics.order_edits (
    tenant_id bigint not null,
    edit_id bigint not null,
    line_id bigint not null,
    order_id bigint not null,
    committed_at timestamptz not null,
    quantity integer not null,
    primary key (tenant_id, edit_id, line_id)
);
comment on table analytics.order_edits is 'Lines that staff added to orders or took away after they were placed, as orders/edited tells of them: what an order was on its day is what it is now less its edits. Retention: as the orders.';
comment on column analytics.order_edits.tenant_id is 'tenant';
comment on column analytics.order_edits.edit_id is 'stable hash of the shop''s id of the edit';
comment on column analytics.order_edits.line_id is 'order line, stored or not';
comment on column analytics.order_edits.order_id is 'order, stored or not';
comment on column analytics.order_edits.committed_at is 'when the edit took effect, UTC';
comment on column analytics.order_edits.quantity is 'pieces added, negative: taken away';

create index order_edits_by_order on analytics.order_edits (tenant_id, order_id);
create index order_edits_by_time on analytics.order_edits (tenant_id, committed_at);
-- Days take back what was refunded or cancelled on them, whenever it was sold. Nearly all orders are processed as they are
-- placed, and few are cancelled: the partial indexes hold the others.
create index refunds_by_time on analytics.refunds (tenant_id, refunded_at);
create index orders_cancelled on analytics.orders (tenant_id, cancelled_at) where cancelled_at is not null;
create index orders_processed_apart on analytics.orders (tenant_id, processed_at) where processed_at is distinct from placed_at;
comment on column analytics.restate_queue.cause is 'sale, spend, fx, refund, credit, view_through, cost';

create table analytics.metrics_daily (
    tenant_id bigint not null,
    day date not null,
    is_final boolean not null,
    closed_at timestamptz,
    data_through jsonb not null,
    incomplete jsonb not null,
    currency text not null,
    orders bigint not null,
    cancelled_orders bigint not null,
    gross numeric(20, 6),
    discounts numeric(20, 6),
    returns numeric(20, 6),
    net_sales numeric(20, 6),
    shipping numeric(20, 6),
    tax numeric(20, 6),
    tips numeric(20, 6),
    other_charges numeric(20, 6),
    gift_cards numeric(20, 6),
    total_sales numeric(20, 6),
    after_discounts numeric(20, 6),
    order_value numeric(20, 6),
    aov numeric(20, 6),
    return_rate numeric(20, 6),
    discount_rate numeric(20, 6),
    new_customers bigint not null,
    returning_customers bigint not null,
    new_customer_orders bigint not null,
    returning_customer_orders bigint not null,
    unknown_customer_orders bigint not null,
    new_customer_net_sales numeric(20, 6),
    returning_customer_net_sales numeric(20, 6),
    new_customer_share numeric(20, 6),
    known_customer_orders bigint not null,
    ad_spend numeric(20, 6),
    ad_spend_known numeric(20, 6),
    impressions bigint,
    clicks bigint,
    sessions bigint not null,
    roas numeric(20, 6),
    mer numeric(20, 6),
    acos numeric(20, 6),
    amer numeric(20, 6),
    cpa numeric(20, 6),
    cac numeric(20, 6),
    cac_spend numeric(20, 6),
    cpm numeric(20, 6),
    cpc numeric(20, 6),
    ctr numeric(20, 6),
    conversion_rate numeric(20, 6),
    revenue_per_session numeric(20, 6),
    attributed_orders bigint not null,
    unattributed_orders bigint not null,
    pending_orders bigint not null,
    attributed_revenue numeric(20, 6),
    unattributed_revenue numeric(20, 6),
    eligible_orders bigint not null,
    unattributed_share numeric(20, 6),
    path_touches bigint not null,
    path_hours numeric(20, 6) not null,
    path_length numeric(20, 6),
    time_lag_hours numeric(20, 6),
    unattributed_reasons jsonb not null,
    preference_version bigint not null,
    catalogue_version bigint not null,
    run_id text not null,
    changed_at timestamptz not null,
    primary key (tenant_id, day)
);
comment on table analytics.metrics_daily is 'One snapshot per tenant-local day, all zero on a day on which nothing happened; written where it differs by aggregate_daily_metrics and hourly_metrics_rollup. Money is null where nothing of it is known. Retention: for ever.';
comment on column analytics.metrics_daily.tenant_id is 'tenant';
comment on column analytics.metrics_daily.day is 'tenant-local calendar day';
comment on column analytics.metrics_daily.is_final is 'the day is over in the tenant''s zone and past the restatement window of 35 days; a late refund or corrected input may still restate it';
comment on column analytics.metrics_daily.closed_at is 'business time, UTC, of the first run after the day''s local midnight; null: provisional';
comment on column analytics.metrics_daily.data_through is 'per input, up to when it is known: sales as an instant (UTC), spend as a day of the ad accounts; null: not at all';
comment on column analytics.metrics_daily.incomplete is 'per figure or input, why it is not whole; empty when it is';
comment on column analytics.metrics_daily.currency is 'ISO 4217, the tenant''s: that of all money of the row';
comment on column analytics.metrics_daily.orders is 'orders placed that count, refunded or cancelled later or not; orders; by order_clock, excluded_orders, excluded_sources';
comment on column analytics.metrics_daily.cancelled_orders is 'orders cancelled; orders; by refund_recognition, excluded_orders, excluded_sources';
comment on column analytics.metrics_daily.gross is 'sum of unit price x quantity, before discounts, returns, shipping and tax; major units of the tenant''s currency; by order_clock, order_edit_recognition, excluded_orders, excluded_sources, gift_card_treatment; tax that prices include is taken out; an import that gives totals only counts its total here';
comment on column analytics.metrics_daily.discounts is 'discounts on lines and orders, positive; major units of the tenant''s currency; by order_clock, order_edit_recognition, excluded_orders, excluded_sources; without the tax that discounted prices included';
comment on column analytics.metrics_daily.returns is 'goods refunded, and what cancellations take back of net sales, positive; major units of the tenant''s currency; by refund_recognition, order_clock, order_edit_recognition, excluded_orders, excluded_sources; without tax';
comment on column analytics.metrics_daily.net_sales is 'gross - discounts - returns; major units of the tenant''s currency; by refund_recognition, order_clock, order_edit_recognition, excluded_orders, excluded_sources, net_sales_includes_shipping, net_sales_includes_tax; + shipping and + tax where the tenant''s preferences say so';
comment on column analytics.metrics_daily.shipping is 'shipping charged less shipping refunded; major units of the tenant''s currency; by refund_recognition, order_clock, order_edit_recognition, excluded_orders, excluded_sources; without tax';
comment on column analytics.metrics_daily.tax is 'tax collected less tax refunded, of goods and shipping; major units of the tenant''s currency; by refund_recognition, order_clock, order_edit_recognition, excluded_orders, excluded_sources; owed, not earned, unless tax_treatment says otherwise';
comment on column analytics.metrics_daily.tips is 'tips; major units of the tenant''s currency; by refund_recognition, order_clock, order_edit_recognition, excluded_orders, excluded_sources';
comment on column analytics.metrics_daily.other_charges is 'what an order''s total holds beside goods, shipping, tax and tips: duties, fees, rounding; major units of the tenant''s currency; by refund_recognition, order_clock, order_edit_recognition, excluded_orders, excluded_sources';
comment on column analytics.metrics_daily.gift_cards is 'gift cards sold, which are no sales until they are redeemed; major units of the tenant''s currency; by refund_recognition, order_clock, order_edit_recognition, excluded_orders, excluded_sources, gift_card_treatment';
comment on column analytics.metrics_daily.total_sales is 'gross - discounts - returns + shipping + tax + tips + other_charges; major units of the tenant''s currency; by refund_recognition, order_clock, order_edit_recognition, excluded_orders, excluded_sources';
comment on column analytics.metrics_daily.after_discounts is 'gross - discounts; major units of the tenant''s currency; by order_clock, order_edit_recognition, excluded_orders, excluded_sources';
comment on column analytics.metrics_daily.order_value is 'orders as placed and edited, with shipping, tax, tips and other charges, refunds ignored; major units of the tenant''s currency; by order_clock, order_edit_recognition, excluded_orders, excluded_sources';
comment on column analytics.metrics_daily.aov is 'revenue of aov_basis / orders; major units of the tenant''s currency; null where the denominator is 0 or not known; by aov_basis, refund_recognition, order_clock, order_edit_recognition, excluded_orders, excluded_sources';
comment on column analytics.metrics_daily.return_rate is 'returns / after_discounts; 0 to 1; null where the denominator is 0 or not known; by refund_recognition, order_clock, order_edit_recognition, excluded_orders, excluded_sources';
comment on column analytics.metrics_daily.discount_rate is 'discounts / gross; 0 to 1; null where the denominator is 0 or not known; by order_clock, order_edit_recognition, excluded_orders, excluded_sources';
comment on column analytics.metrics_daily.new_customers is 'customers whose first countable order this is; customers; by order_clock, excluded_orders, excluded_sources; follows the order of placed_at, never of arrival';
comment on column analytics.metrics_daily.returning_customers is 'customers with an order that is not their first; customers; by order_clock, excluded_orders, excluded_sources; a customer who returns on two days counts on both; days do not add up to a period';
comment on column analytics.metrics_daily.new_customer_orders is 'orders that are their customer''s first; orders; by order_clock, excluded_orders, excluded_sources';
comment on column analytics.metrics_daily.returning_customer_orders is 'orders of known customers that are not their first; orders; by order_clock, excluded_orders, excluded_sources';
comment on column analytics.metrics_daily.unknown_customer_orders is 'orders of nobody known: no customer and no stitched visitor; orders; by order_clock, excluded_orders, excluded_sources';
comment on column analytics.metrics_daily.new_customer_net_sales is 'net_sales of first orders; major units of the tenant''s currency; by refund_recognition, order_edit_recognition, order_clock, excluded_orders, excluded_sources';
comment on column analytics.metrics_daily.returning_customer_net_sales is 'net_sales of later orders of known customers; major units of the tenant''s currency; by refund_recognition, order_edit_recognition, order_clock, excluded_orders, excluded_sources';
comment on column analytics.metrics_daily.new_customer_share is 'new_customer_orders / (new_customer_orders + returning_customer_orders); 0 to 1; null where the denominator is 0 or not known; by order_clock, excluded_orders, excluded_sources';
comment on column analytics.metrics_daily.known_customer_orders is 'new_customer_orders + returning_customer_orders; orders; by order_clock, excluded_orders, excluded_sources';
comment on column analytics.metrics_daily.ad_spend is 'spend of all ad accounts, converted by the rates of their days; major units of the tenant''s currency; null, with its reason in incomplete, while an account''s day or a rate is missing';
comment on column analytics.metrics_daily.ad_spend_known is 'the part of ad_spend that is stored and has a rate; major units of the tenant''s currency';
comment on column analytics.metrics_daily.impressions is 'impressions of all ad accounts; a count';
comment on column analytics.metrics_daily.clicks is 'clicks of all ad accounts, of every kind the platforms count; a count';
comment on column analytics.metrics_daily.sessions is 'sessions and clicks recorded on the shop''s own pages; a count';
comment on column analytics.metrics_daily.roas is 'revenue of roas_revenue_basis / ad_spend; a multiple; null where the denominator is 0 or not known; by roas_revenue_basis; blended; platforms'' own claims are never part of it';
comment on column analytics.metrics_daily.mer is 'revenue of roas_revenue_basis / ad_spend, or the inverse; a multiple; null where the denominator is 0 or not known; by roas_revenue_basis, mer_orientation';
comment on column analytics.metrics_daily.acos is 'ad_spend / net_sales; a multiple; null where the denominator is 0 or not known';
comment on column analytics.metrics_daily.amer is 'new_customer_net_sales / ad_spend; a multiple; null where the denominator is 0 or not known; also called NC-ROAS or nMER, over all channels';
comment on column analytics.metrics_daily.cpa is 'ad_spend / attributed_orders; major units of the tenant''s currency; null where the denominator is 0 or not known; platforms'' own claims are never part of it';
comment on column analytics.metrics_daily.cac is 'cac_spend / new customers or their first orders; major units of the tenant''s currency; null where the denominator is 0 or not known; by cac_spend_scope, cac_denominator; also called nCAC';
comment on column analytics.metrics_daily.cac_spend is 'ad_spend, with the operating costs of kind marketing where cac_spend_scope is fully_loaded; major units of the tenant''s currency; by cac_spend_scope';
comment on column analytics.metrics_daily.cpm is 'ad_spend / impressions x 1000; major units of the tenant''s currency; null where the denominator is 0 or not known';
comment on column analytics.metrics_daily.cpc is 'ad_spend / clicks; major units of the tenant''s currency; null where the denominator is 0 or not known';
comment on column analytics.metrics_daily.ctr is 'clicks / impressions; 0 to 1; null where the denominator is 0 or not known';
comment on column analytics.metrics_daily.conversion_rate is 'orders / sessions; 0 to 1; null where the denominator is 0 or not known';
comment on column analytics.metrics_daily.revenue_per_session is 'net_sales / sessions; major units of the tenant''s currency; null where the denominator is 0 or not known';
comment on column analytics.metrics_daily.attributed_orders is 'conversions that touches share; orders; by placed_at; test and unpaid orders are no conversions';
comment on column analytics.metrics_daily.unattributed_orders is 'conversions without a qualifying touch; orders; why, per reason, is in unattributed_reasons';
comment on column analytics.metrics_daily.pending_orders is 'conversions that wait for credit; orders';
comment on column analytics.metrics_daily.attributed_revenue is 'value of attributed_orders, refunds ignored; major units of the tenant''s currency';
comment on column analytics.metrics_daily.unattributed_revenue is 'value of unattributed_orders, refunds ignored; major units of the tenant''s currency';
comment on column analytics.metrics_daily.eligible_orders is 'attributed_orders + unattributed_orders; orders; excluded and pending conversions are not in it';
comment on column analytics.metrics_daily.unattributed_share is 'unattributed_orders / eligible_orders; 0 to 1; null where the denominator is 0 or not known';
comment on column analytics.metrics_daily.path_touches is 'touches that have credit; a count';
comment on column analytics.metrics_daily.path_hours is 'hours from the first touch with credit to the order, over all attributed_orders; hours';
comment on column analytics.metrics_daily.path_length is 'path_touches / attributed_orders; a multiple; null where the denominator is 0 or not known';
comment on column analytics.metrics_daily.time_lag_hours is 'path_hours / attributed_orders; hours; null where the denominator is 0 or not known';
comment on column analytics.metrics_daily.unattributed_reasons is 'reason -> number of unattributed orders';
comment on column analytics.metrics_daily.preference_version is 'stable hash of the formula preferences that made the row';
comment on column analytics.metrics_daily.catalogue_version is 'stable hash of the metric catalogue that made the row';
comment on column analytics.metrics_daily.run_id is 'run that last changed the row';
comment on column analytics.metrics_daily.changed_at is 'business time of that run, UTC';

create table analytics.metrics_hourly (
    tenant_id bigint not null,
    hour timestamptz not null,
    day date not null,
    currency text not null,
    orders bigint not null,
    gross numeric(20, 6),
    discounts numeric(20, 6),
    returns numeric(20, 6),
    net_sales numeric(20, 6),
    total_sales numeric(20, 6),
    new_customer_orders bigint not null,
    sessions bigint not null,
    preference_version bigint not null,
    run_id text not null,
    changed_at timestamptz not null,
    primary key (tenant_id, hour)
);
comment on table analytics.metrics_hourly is 'One row per hour of the tenant''s day in which something happened; days with 23 or 25 hours have as many. An hour adds up to its day. Written by hourly_metrics_rollup. Retention: for ever.';
comment on column analytics.metrics_hourly.tenant_id is 'tenant';
comment on column analytics.metrics_hourly.hour is 'start of the tenant''s clock hour, UTC';
comment on column analytics.metrics_hourly.day is 'tenant-local calendar day';
comment on column analytics.metrics_hourly.currency is 'ISO 4217, the tenant''s: that of all money of the row';
comment on column analytics.metrics_hourly.orders is 'orders placed that count, refunded or cancelled later or not; orders; by order_clock, excluded_orders, excluded_sources';
comment on column analytics.metrics_hourly.gross is 'sum of unit price x quantity, before discounts, returns, shipping and tax; major units of the tenant''s currency; by order_clock, order_edit_recognition, excluded_orders, excluded_sources, gift_card_treatment; tax that prices include is taken out; an import that gives totals only counts its total here';
comment on column analytics.metrics_hourly.discounts is 'discounts on lines and orders, positive; major units of the tenant''s currency; by order_clock, order_edit_recognition, excluded_orders, excluded_sources; without the tax that discounted prices included';
comment on column analytics.metrics_hourly.returns is 'goods refunded, and what cancellations take back of net sales, positive; major units of the tenant''s currency; by refund_recognition, order_clock, order_edit_recognition, excluded_orders, excluded_sources; without tax';
comment on column analytics.metrics_hourly.net_sales is 'gross - discounts - returns; major units of the tenant''s currency; by refund_recognition, order_clock, order_edit_recognition, excluded_orders, excluded_sources, net_sales_includes_shipping, net_sales_includes_tax; + shipping and + tax where the tenant''s preferences say so';
comment on column analytics.metrics_hourly.total_sales is 'gross - discounts - returns + shipping + tax + tips + other_charges; major units of the tenant''s currency; by refund_recognition, order_clock, order_edit_recognition, excluded_orders, excluded_sources';
comment on column analytics.metrics_hourly.new_customer_orders is 'orders that are their customer''s first; orders; by order_clock, excluded_orders, excluded_sources';
comment on column analytics.metrics_hourly.sessions is 'sessions and clicks recorded on the shop''s own pages; a count';
comment on column analytics.metrics_hourly.preference_version is 'stable hash of the formula preferences that made the row';
comment on column analytics.metrics_hourly.run_id is 'run that last changed the row';
comment on column analytics.metrics_hourly.changed_at is 'business time of that run, UTC';

create table analytics.attribution_metrics_daily (
    tenant_id bigint not null,
    day date not null,
    clock text not null,
    model text not null,
    channel text not null,
    platform text not null,
    campaign_id text not null,
    campaign text not null,
    currency text not null,
    is_final boolean not null,
    conversions numeric(20, 6) not null,
    new_customer_conversions numeric(20, 6) not null,
    revenue_minor bigint not null,
    new_customer_revenue_minor bigint not null,
    view_revenue_minor bigint not null,
    adjustments_minor bigint not null,
    spend_minor bigint,
    impressions bigint,
    clicks bigint,
    view_through_conversions numeric(20, 6),
    roas numeric(20, 6) generated always as (case when spend_minor > 0 then round(revenue_minor::numeric / spend_minor, 6) end) stored,
    cpa_minor numeric(20, 6) generated always as (case when conversions > 0 then round(spend_minor::numeric / conversions, 6) end) stored,
    ncac_minor numeric(20, 6) generated always as (case when new_customer_conversions > 0 then round(spend_minor::numeric / new_customer_conversions, 6) end) stored,
    incomplete text,
    preference_version bigint not null,
    catalogue_version bigint not null,
    run_id text not null,
    changed_at timestamptz not null,
    primary key (tenant_id, day, clock, model, channel, platform, campaign_id, campaign),
    check (clock in ('conversion', 'touch')),
    check (model in ('first_touch', 'last_touch', 'linear', 'time_decay', 'position_based', 'data_driven'))
);
comment on table analytics.attribution_metrics_daily is 'Credit, spend and platforms view-through claims by day, channel and campaign, for every model and both clocks. Sum over channels, never over models or clocks. Written where it differs by attribution_daily_metrics and hourly_metrics_rollup. Retention: for ever.';
comment on column analytics.attribution_metrics_daily.tenant_id is 'tenant';
comment on column analytics.attribution_metrics_daily.day is 'tenant-local day of credit, account-local day of spend and views';
comment on column analytics.attribution_metrics_daily.clock is 'conversion: credit on the order''s day; touch: on each touch''s day. What no touch has is on the order''s day in both';
comment on column analytics.attribution_metrics_daily.model is 'first_touch, last_touch, linear, time_decay, position_based or data_driven';
comment on column analytics.attribution_metrics_daily.channel is 'channel of the touch; (unattributed): no touch. Of spend: the channel that the day''s touches of the campaign name most, else its platform''s usual one';
comment on column analytics.attribution_metrics_daily.platform is 'meta, google_ads, tiktok, or empty';
comment on column analytics.attribution_metrics_daily.campaign_id is 'the platform''s campaign id as the touch was met with it, or empty';
comment on column analytics.attribution_metrics_daily.campaign is 'the platform''s name of a campaign met, utm_campaign of a touch that is not; (residual): spend that no campaign explains';
comment on column analytics.attribution_metrics_daily.currency is 'ISO 4217, the tenant''s: that of all money of the row';
comment on column analytics.attribution_metrics_daily.is_final is 'the day is over in the tenant''s zone and past the restatement window of 35 days; a late refund or corrected input may still restate it';
comment on column analytics.attribution_metrics_daily.conversions is 'sum of credit weights; conversions, fractions where touches share one';
comment on column analytics.attribution_metrics_daily.new_customer_conversions is 'sum of credit weights of first orders; conversions, fractions where touches share one';
comment on column analytics.attribution_metrics_daily.revenue_minor is 'credited value of orders, refunds ignored; minor units of currency; by attribution_clock; sums over channels, (unattributed) included, to the value of the day''s conversions in every model';
comment on column analytics.attribution_metrics_daily.new_customer_revenue_minor is 'credited value of first orders; minor units of currency';
comment on column analytics.attribution_metrics_daily.view_revenue_minor is 'the part of revenue_minor that view touches have; minor units of currency';
comment on column analytics.attribution_metrics_daily.adjustments_minor is 'what refunds and cancellations take back of credit, negative; minor units of currency; by refund_recognition';
comment on column analytics.attribution_metrics_daily.spend_minor is 'spend of the campaign on the account''s day, converted by the day''s rate; minor units of currency; the same in every model and clock: never add models; rounded half even per row; null where incomplete';
comment on column analytics.attribution_metrics_daily.impressions is 'impressions; a count';
comment on column analytics.attribution_metrics_daily.clicks is 'clicks; a count';
comment on column analytics.attribution_metrics_daily.view_through_conversions is 'view-through conversions as the platform claims them; conversions, fractions where touches share one; engaged views are not in it; never added to conversions';
comment on column analytics.attribution_metrics_daily.roas is 'revenue_minor / spend_minor; a multiple; null where the denominator is 0 or not known';
comment on column analytics.attribution_metrics_daily.cpa_minor is 'spend_minor / conversions; minor units of currency; null where the denominator is 0 or not known';
comment on column analytics.attribution_metrics_daily.ncac_minor is 'spend_minor / new_customer_conversions; minor units of currency; null where the denominator is 0 or not known';
comment on column analytics.attribution_metrics_daily.incomplete is 'why spend_minor is not known, null when it is';
comment on column analytics.attribution_metrics_daily.preference_version is 'stable hash of the formula preferences that made the row';
comment on column analytics.attribution_metrics_daily.catalogue_version is 'stable hash of the metric catalogue that made the row';
comment on column analytics.attribution_metrics_daily.run_id is 'run that last changed the row';
comment on column analytics.attribution_metrics_daily.changed_at is 'business time of that run, UTC';

create table analytics.metrics_weekly (
    tenant_id bigint not null,
    week_start date not null,
    metric text not null,
    value numeric(20, 6),
    previous numeric(20, 6),
    change numeric(20, 6),
    average_4_weeks numeric(20, 6),
    unit text not null,
    currency text not null,
    incomplete text,
    is_final boolean not null,
    preference_version bigint not null,
    catalogue_version bigint not null,
    run_id text not null,
    changed_at timestamptz not null,
    primary key (tenant_id, week_start, metric)
);
comment on table analytics.metrics_weekly is 'A closed local week, Monday to Sunday, one row per metric of the daily catalogue, with what it is compared with. Written by weekly_metrics_summary. Retention: for ever.';
comment on column analytics.metrics_weekly.tenant_id is 'tenant';
comment on column analytics.metrics_weekly.week_start is 'Monday, tenant-local';
comment on column analytics.metrics_weekly.metric is 'name in the catalogue';
comment on column analytics.metrics_weekly.value is 'over the week; null where a day of it is not known';
comment on column analytics.metrics_weekly.previous is 'over the week before';
comment on column analytics.metrics_weekly.change is 'value / previous - 1; null where previous is 0 or either is not known';
comment on column analytics.metrics_weekly.average_4_weeks is 'mean of the four weeks before; null where one is not known';
comment on column analytics.metrics_weekly.unit is 'unit of the catalogue';
comment on column analytics.metrics_weekly.currency is 'ISO 4217, the tenant''s: that of all money of the row';
comment on column analytics.metrics_weekly.incomplete is 'why value is null or part of it missing';
comment on column analytics.metrics_weekly.is_final is 'all its days are final';
comment on column analytics.metrics_weekly.preference_version is 'stable hash of the formula preferences that made the row';
comment on column analytics.metrics_weekly.catalogue_version is 'stable hash of the metric catalogue that made the row';
comment on column analytics.metrics_weekly.run_id is 'run that last changed the row';
comment on column analytics.metrics_weekly.changed_at is 'business time of that run, UTC';

create table analytics.metrics_cohorts (
    tenant_id bigint not null,
    cohort date not null,
    channel text not null,
    horizon_days integer not null,
    customers bigint not null,
    spend numeric(20, 6),
    value numeric(20, 6),
    ltv numeric(20, 6),
    cac numeric(20, 6),
    ltv_cac numeric(20, 6),
    payback_days integer,
    currency text not null,
    incomplete text,
    preference_version bigint not null,
    catalogue_version bigint not null,
    run_id text not null,
    changed_at timestamptz not null,
    primary key (tenant_id, cohort, channel, horizon_days)
);
comment on table analytics.metrics_cohorts is 'Customers by the tenant-local month of their first order and by the channel of the first touch with credit of it; written by weekly_metrics_summary. Retention: for ever.';
comment on column analytics.metrics_cohorts.tenant_id is 'tenant';
comment on column analytics.metrics_cohorts.cohort is 'first day of the month, tenant-local';
comment on column analytics.metrics_cohorts.channel is 'acquisition channel; (all), (unattributed)';
comment on column analytics.metrics_cohorts.horizon_days is 'age in days at which value is measured';
comment on column analytics.metrics_cohorts.customers is 'customers whose first countable order is in the month; customers';
comment on column analytics.metrics_cohorts.spend is 'spend of the acquisition channel in the month; major units of the tenant''s currency; (all): ad_spend of the month';
comment on column analytics.metrics_cohorts.value is 'value by horizon days of age; major units of the tenant''s currency; by ltv_basis, ltv_horizons; null, never low, while a customer of the cohort is younger than the horizon';
comment on column analytics.metrics_cohorts.ltv is 'value / customers; major units of the tenant''s currency; null where the denominator is 0 or not known; by ltv_basis, ltv_horizons; null, never low, while a customer of the cohort is younger than the horizon';
comment on column analytics.metrics_cohorts.cac is 'spend / customers; major units of the tenant''s currency; null where the denominator is 0 or not known';
comment on column analytics.metrics_cohorts.ltv_cac is 'ltv / cac of the same cohort; a multiple; null where the denominator is 0 or not known; by ltv_basis';
comment on column analytics.metrics_cohorts.payback_days is 'first day of age on which value per customer reaches cac; days; by ltv_basis; null where it is not reached, or only by customers old enough for it';
comment on column analytics.metrics_cohorts.currency is 'ISO 4217, the tenant''s: that of all money of the row';
comment on column analytics.metrics_cohorts.incomplete is 'why value or cac is null';
comment on column analytics.metrics_cohorts.preference_version is 'stable hash of the formula preferences that made the row';
comment on column analytics.metrics_cohorts.catalogue_version is 'stable hash of the metric catalogue that made the row';
comment on column analytics.metrics_cohorts.run_id is 'run that last changed the row';
comment on column analytics.metrics_cohorts.changed_at is 'business time of that run, UTC';

do $$
declare
    name text;
begin
    foreach name in array array['order_edits', 'metrics_daily', 'metrics_hourly', 'attribution_metrics_daily', 'metrics_weekly',
                                'metrics_cohorts'] loop
        execute format('alter table analytics.%I enable row level security', name);
        execute format('alter table analytics.%I force row level security', name);
        execute format(
            'create policy tenant_isolation on analytics.%I to current_user, analytics_jobs
                using (tenant_id = (select nullif(current_setting(''app.tenant_id'', true), '''')::bigint))
                with check (tenant_id = (select nullif(current_setting(''app.tenant_id'', true), '''')::bigint))', name);
        -- A database without control has no grants to readers, and so no readers.
        if to_regclass('control.reader_tenants') is not null then
            execute format(
                'create policy reader_sees_granted on analytics.%I for select to analytics_reader
                    using (tenant_id in (select granted.tenant_id from control.reader_tenants as granted
                                         where granted.role = session_user))', name);
        end if;
        execute format('grant select, insert, update, delete on analytics.%I to analytics_jobs', name);
        execute format('grant select on analytics.%I to analytics_reader', name);
    end loop;
end
$$;
