-- Tenants' rows. Every database named by a db_conn_id holds this schema.

create schema analytics;
comment on schema analytics is 'Rows of tenants: touches, orders, conversions, credit.';

create table analytics.visitors (
    tenant_id bigint not null,
    visitor_id bigint not null,
    external_id text not null,
    primary key (tenant_id, visitor_id)
);
comment on table analytics.visitors is 'One row per browser or device. Retention: as long as its touches.';
comment on column analytics.visitors.tenant_id is 'tenant';
comment on column analytics.visitors.visitor_id is 'stable hash of external_id';
comment on column analytics.visitors.external_id is 'the pixel''s or shop''s visitor id, as text';

create table analytics.visitor_identities (
    tenant_id bigint not null,
    visitor_id bigint not null,
    customer_id bigint not null,
    valid_from timestamptz not null,
    version integer not null default 1,
    primary key (tenant_id, visitor_id, customer_id)
);
create index visitor_identities_by_customer on analytics.visitor_identities (tenant_id, customer_id);
comment on table analytics.visitor_identities is 'Evidence that a visitor is a customer, from touches and orders that name both. The customer of a visitor is the one with the earliest evidence (then the smaller id), so arrival order never matters.';
comment on column analytics.visitor_identities.tenant_id is 'tenant';
comment on column analytics.visitor_identities.visitor_id is 'visitor';
comment on column analytics.visitor_identities.customer_id is 'customer';
comment on column analytics.visitor_identities.valid_from is 'earliest evidence, UTC';
comment on column analytics.visitor_identities.version is 'counts changes of valid_from';

create table analytics.customers (
    tenant_id bigint not null,
    customer_id bigint not null,
    external_id text not null,
    first_order_at timestamptz,
    primary key (tenant_id, customer_id)
);
comment on table analytics.customers is 'One row per customer of the shop.';
comment on column analytics.customers.tenant_id is 'tenant';
comment on column analytics.customers.customer_id is 'stable hash of external_id';
comment on column analytics.customers.external_id is 'the shop''s customer id, as text';
comment on column analytics.customers.first_order_at is 'placed_at of the earliest countable order, UTC';

create table analytics.touchpoints (
    tenant_id bigint not null,
    touchpoint_id bigint not null,
    source_system text not null,
    external_id text,
    visitor_id bigint not null,
    customer_id bigint,
    occurred_at timestamptz not null,
    priority smallint not null default 0,
    type text not null default 'click',
    channel text not null,
    channel_rule text not null,
    source text,
    medium text,
    campaign text,
    content text,
    term text,
    utm_id text,
    platform text,
    campaign_id text,
    adset_id text,
    ad_id text,
    gclid text,
    gbraid text,
    wbraid text,
    fbclid text,
    ttclid text,
    landing_page text,
    referrer text,
    consent text,
    exposure_key bigint not null,
    loaded_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, touchpoint_id),
    check (type in ('click', 'view', 'survey'))
);
create index touchpoints_by_visitor on analytics.touchpoints (tenant_id, visitor_id, occurred_at);
create index touchpoints_by_time on analytics.touchpoints (tenant_id, occurred_at);
comment on table analytics.touchpoints is 'One row per session, click or view. Retention: look-back plus 400 days, by tenant; not partitioned, rows of a tenant are reached through its leading key.';
comment on column analytics.touchpoints.tenant_id is 'tenant';
comment on column analytics.touchpoints.touchpoint_id is 'stable hash of source_system and external_id, or of all columns and the count of identical rows';
comment on column analytics.touchpoints.source_system is 'who recorded it: import, pixel, survey';
comment on column analytics.touchpoints.external_id is 'the recorder''s id, null when it has none';
comment on column analytics.touchpoints.visitor_id is 'visitor';
comment on column analytics.touchpoints.customer_id is 'customer named by the touch itself, null when anonymous';
comment on column analytics.touchpoints.occurred_at is 'start of the session or instant of the click, UTC';
comment on column analytics.touchpoints.priority is 'order among touches of the same instant, smaller first';
comment on column analytics.touchpoints.type is 'click (sessions too), view or survey';
comment on column analytics.touchpoints.channel is 'GA4 default channel group or the tenant''s own';
comment on column analytics.touchpoints.channel_rule is 'rule that gave the channel; import: the file named it';
comment on column analytics.touchpoints.source is 'utm_source or its equivalent';
comment on column analytics.touchpoints.medium is 'utm_medium';
comment on column analytics.touchpoints.campaign is 'utm_campaign';
comment on column analytics.touchpoints.content is 'utm_content';
comment on column analytics.touchpoints.term is 'utm_term';
comment on column analytics.touchpoints.utm_id is 'utm_id, a platform''s campaign id';
comment on column analytics.touchpoints.platform is 'meta, google_ads or tiktok where an id proves it';
comment on column analytics.touchpoints.campaign_id is 'the platform''s campaign id';
comment on column analytics.touchpoints.adset_id is 'the platform''s ad set or ad group id';
comment on column analytics.touchpoints.ad_id is 'the platform''s ad id';
comment on column analytics.touchpoints.gclid is 'Google click id';
comment on column analytics.touchpoints.gbraid is 'Google click id, app to web';
comment on column analytics.touchpoints.wbraid is 'Google click id, web to app';
comment on column analytics.touchpoints.fbclid is 'Meta click id';
comment on column analytics.touchpoints.ttclid is 'TikTok click id';
comment on column analytics.touchpoints.landing_page is 'URL as recorded';
comment on column analytics.touchpoints.referrer is 'URL as recorded';
comment on column analytics.touchpoints.consent is 'granted, denied or null when unknown';
comment on column analytics.touchpoints.exposure_key is 'stable hash of channel and campaign; equal keys within 30 s are one touch';
comment on column analytics.touchpoints.loaded_at is 'machine time of the load';

create table analytics.orders (
    tenant_id bigint not null,
    order_id bigint not null,
    external_id text not null,
    source text not null default 'import',
    name text,
    placed_at timestamptz not null,
    processed_at timestamptz,
    cancelled_at timestamptz,
    updated_at timestamptz,
    test boolean not null default false,
    financial_status text not null,
    source_name text,
    customer_id bigint,
    visitor_id bigint,
    currency text not null,
    gross_minor bigint,
    discounts_minor bigint,
    shipping_minor bigint,
    tax_minor bigint,
    tips_minor bigint,
    total_minor bigint not null,
    taxes_included boolean,
    gateway text,
    presentment_currency text,
    row_digest bigint not null,
    loaded_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, order_id)
);
create index orders_by_time on analytics.orders (tenant_id, placed_at);
comment on table analytics.orders is 'One row per order of the shop, test and unpaid ones included. Written only by include/orders.';
comment on column analytics.orders.tenant_id is 'tenant';
comment on column analytics.orders.order_id is 'stable hash of source and external_id';
comment on column analytics.orders.external_id is 'the shop''s order id, as text';
comment on column analytics.orders.source is 'import or shopify';
comment on column analytics.orders.name is 'the shop''s display name, such as #1001';
comment on column analytics.orders.placed_at is 'when the customer ordered, UTC';
comment on column analytics.orders.processed_at is 'when the shop processed it, UTC';
comment on column analytics.orders.cancelled_at is 'when it was cancelled, UTC';
comment on column analytics.orders.updated_at is 'the shop''s own time of the last change, UTC';
comment on column analytics.orders.test is 'a test order is never a conversion';
comment on column analytics.orders.financial_status is 'the shop''s word: paid, pending, partially_refunded, refunded, voided, ...';
comment on column analytics.orders.source_name is 'sales channel of the shop: web, pos, ...';
comment on column analytics.orders.customer_id is 'customer, null for a guest';
comment on column analytics.orders.visitor_id is 'visitor that placed it, null when unknown';
comment on column analytics.orders.currency is 'ISO 4217 code of all _minor columns';
comment on column analytics.orders.gross_minor is 'lines before discounts, minor units';
comment on column analytics.orders.discounts_minor is 'discounts, minor units';
comment on column analytics.orders.shipping_minor is 'shipping charged, minor units';
comment on column analytics.orders.tax_minor is 'taxes, minor units';
comment on column analytics.orders.tips_minor is 'tips, minor units';
comment on column analytics.orders.total_minor is 'current total: what the customer pays after edits, before refunds, minor units';
comment on column analytics.orders.taxes_included is 'prices contain tax';
comment on column analytics.orders.gateway is 'payment gateway';
comment on column analytics.orders.presentment_currency is 'currency the customer saw';
comment on column analytics.orders.row_digest is 'stable hash of the imported fields; an equal one writes nothing';
comment on column analytics.orders.loaded_at is 'machine time of the last change';

create table analytics.order_lines (
    tenant_id bigint not null,
    order_id bigint not null,
    line_id bigint not null,
    product_id text,
    variant_id text,
    sku text,
    quantity integer not null,
    unit_price_minor bigint not null,
    discount_minor bigint not null default 0,
    tax_minor bigint not null default 0,
    gift_card boolean not null default false,
    primary key (tenant_id, order_id, line_id)
);
comment on table analytics.order_lines is 'Lines of an order, current state.';
comment on column analytics.order_lines.tenant_id is 'tenant';
comment on column analytics.order_lines.order_id is 'order';
comment on column analytics.order_lines.line_id is 'stable hash of the shop''s line id';
comment on column analytics.order_lines.product_id is 'the shop''s product id';
comment on column analytics.order_lines.variant_id is 'the shop''s variant id';
comment on column analytics.order_lines.sku is 'stock keeping unit';
comment on column analytics.order_lines.quantity is 'current quantity after edits, before refunds';
comment on column analytics.order_lines.unit_price_minor is 'price of one unit before discounts, minor units of the order''s currency';
comment on column analytics.order_lines.discount_minor is 'discount on the line, minor units';
comment on column analytics.order_lines.tax_minor is 'tax on the line, minor units';
comment on column analytics.order_lines.gift_card is 'a gift card is not revenue';

create table analytics.refunds (
    tenant_id bigint not null,
    refund_id bigint not null,
    order_id bigint not null,
    refunded_at timestamptz not null,
    goods_minor bigint not null,
    shipping_minor bigint not null default 0,
    tax_minor bigint not null default 0,
    restocked boolean,
    lines jsonb not null default '[]',
    primary key (tenant_id, refund_id)
);
create index refunds_by_order on analytics.refunds (tenant_id, order_id);
comment on table analytics.refunds is 'Refunds of an order, dated when the shop made them.';
comment on column analytics.refunds.tenant_id is 'tenant';
comment on column analytics.refunds.refund_id is 'stable hash of the shop''s refund id';
comment on column analytics.refunds.order_id is 'order';
comment on column analytics.refunds.refunded_at is 'UTC';
comment on column analytics.refunds.goods_minor is 'goods refunded, minor units of the order''s currency, positive';
comment on column analytics.refunds.shipping_minor is 'shipping refunded, minor units, positive';
comment on column analytics.refunds.tax_minor is 'tax refunded, minor units, positive';
comment on column analytics.refunds.restocked is 'goods went back to stock';
comment on column analytics.refunds.lines is 'refunded lines: line_id, quantity, subtotal and tax in minor units';

create table analytics.order_context (
    tenant_id bigint not null,
    order_id bigint not null,
    ga_client_id text,
    ga_session_id text,
    fbp text,
    fbc text,
    ttclid text,
    ttp text,
    ip text,
    user_agent text,
    landing_url text,
    identifiers jsonb not null default '{}',
    consent jsonb not null default '{}',
    consent_source text,
    consent_at timestamptz,
    primary key (tenant_id, order_id)
);
comment on table analytics.order_context is 'What a destination needs to recognise the buyer. Identifiers are per-vendor hashes, never raw. Erased by redact_customer.';
comment on column analytics.order_context.tenant_id is 'tenant';
comment on column analytics.order_context.order_id is 'order';
comment on column analytics.order_context.ga_client_id is 'GA4 client id';
comment on column analytics.order_context.ga_session_id is 'GA4 session id';
comment on column analytics.order_context.fbp is 'Meta browser id';
comment on column analytics.order_context.fbc is 'Meta click id cookie';
comment on column analytics.order_context.ttclid is 'TikTok click id';
comment on column analytics.order_context.ttp is 'TikTok browser id';
comment on column analytics.order_context.ip is 'buyer''s address as the shop gave it';
comment on column analytics.order_context.user_agent is 'buyer''s browser as the shop gave it';
comment on column analytics.order_context.landing_url is 'first page of the buying session';
comment on column analytics.order_context.identifiers is 'per-vendor hashes of e-mail, phone, name, address';
comment on column analytics.order_context.consent is 'consent per purpose at the order';
comment on column analytics.order_context.consent_source is 'who recorded consent';
comment on column analytics.order_context.consent_at is 'when, UTC';

create table analytics.conversions (
    tenant_id bigint not null,
    conversion_id bigint not null,
    order_id bigint not null,
    visitor_id bigint,
    customer_id bigint,
    occurred_at timestamptz not null,
    cancelled_at timestamptz,
    value_minor bigint not null,
    currency text not null,
    is_new_customer boolean,
    status text not null default 'pending',
    reason text,
    attempts integer not null default 0,
    next_attempt_at timestamptz,
    run_id text,
    model_version text,
    config_version bigint,
    primary key (tenant_id, conversion_id),
    check (status in ('pending', 'attributed', 'unattributed', 'excluded'))
);
alter table analytics.conversions set (fillfactor = 45);
create index conversions_by_time on analytics.conversions (tenant_id, occurred_at);
create index conversions_by_customer on analytics.conversions (tenant_id, customer_id, occurred_at);
create index conversions_by_visitor on analytics.conversions (tenant_id, visitor_id);
comment on table analytics.conversions is 'One row per paid, non-test order: what credit is given for. Its pending rows wait in attribution_queue. No index covers what crediting changes and fillfactor leaves room for a second version, so that 200,000 status changes take 0.4 s instead of 3.5 s.';
comment on column analytics.conversions.tenant_id is 'tenant';
comment on column analytics.conversions.conversion_id is 'equal to order_id: one conversion per order';
comment on column analytics.conversions.order_id is 'order';
comment on column analytics.conversions.visitor_id is 'visitor that placed the order, null when unknown';
comment on column analytics.conversions.customer_id is 'stitched customer, null when unknown';
comment on column analytics.conversions.occurred_at is 'the order''s placed_at, UTC; credit is booked on its tenant-local day';
comment on column analytics.conversions.cancelled_at is 'the order''s cancellation, UTC; credit is then adjusted to zero';
comment on column analytics.conversions.value_minor is 'the order''s current total, minor units of currency';
comment on column analytics.conversions.currency is 'ISO 4217 code of value and credit';
comment on column analytics.conversions.is_new_customer is 'first countable order of the stitched customer; null when nobody is known';
comment on column analytics.conversions.status is 'pending, attributed, unattributed or excluded';
comment on column analytics.conversions.reason is 'why unattributed, excluded or still pending';
comment on column analytics.conversions.attempts is 'retries of attribution_process_unattributed';
comment on column analytics.conversions.next_attempt_at is 'business time before which a pending or unattributed row is not due; infinity: until something re-opens it';
comment on column analytics.conversions.run_id is 'run that last changed the row or its credit';
comment on column analytics.conversions.model_version is 'version of the rule models, and of the champion where data-driven applies';
comment on column analytics.conversions.config_version is 'tenant_attribution_config.config_version used';

create table analytics.attribution_queue (
    tenant_id bigint not null,
    conversion_id bigint not null,
    due_at timestamptz not null,
    primary key (tenant_id, conversion_id)
);
create index attribution_queue_due on analytics.attribution_queue (tenant_id, due_at);
comment on table analytics.attribution_queue is 'Exactly the pending conversions, kept by triggers on conversions whoever writes them.';
comment on column analytics.attribution_queue.tenant_id is 'tenant';
comment on column analytics.attribution_queue.conversion_id is 'conversion';
comment on column analytics.attribution_queue.due_at is 'business time from which it is due: next_attempt_at, or -infinity when that is null';

create function analytics.queue_pending_conversions() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' then
        delete from analytics.attribution_queue as queue
        using before
        where queue.tenant_id = before.tenant_id and queue.conversion_id = before.conversion_id;
    end if;
    if tg_op <> 'DELETE' then
        insert into analytics.attribution_queue (tenant_id, conversion_id, due_at)
        select after.tenant_id, after.conversion_id, coalesce(after.next_attempt_at, '-infinity')
        from after
        where status = 'pending';
    end if;
    return null;
end
$$;
create trigger queue_inserted after insert on analytics.conversions
    referencing new table as after
    for each statement execute function analytics.queue_pending_conversions();
create trigger queue_updated after update on analytics.conversions
    referencing old table as before new table as after
    for each statement execute function analytics.queue_pending_conversions();
create trigger queue_deleted after delete on analytics.conversions
    referencing old table as before
    for each statement execute function analytics.queue_pending_conversions();

create table analytics.conversion_audit (
    tenant_id bigint not null,
    conversion_id bigint not null,
    recorded_at timestamptz not null default clock_timestamp(),
    cause text not null,
    detail jsonb not null default '{}',
    primary key (tenant_id, conversion_id, recorded_at, cause)
);
comment on table analytics.conversion_audit is 'Why a credited conversion was opened again or judged anew.';
comment on column analytics.conversion_audit.tenant_id is 'tenant';
comment on column analytics.conversion_audit.conversion_id is 'conversion';
comment on column analytics.conversion_audit.recorded_at is 'machine time';
comment on column analytics.conversion_audit.cause is 'late_touch, identity, order_changed, earlier_order';
comment on column analytics.conversion_audit.detail is 'ids of what caused it, old and new values';

create table analytics.attribution_credits (
    tenant_id bigint not null,
    conversion_id bigint not null,
    touchpoint_id bigint not null,
    position integer not null,
    occurred_at timestamptz not null,
    row_digest bigint not null default 0,
    attribution_first double precision,
    attribution_last double precision,
    attribution_linear double precision,
    attribution_time_decay double precision,
    attribution_position double precision,
    attribution_data_driven double precision,
    amount_first_minor bigint,
    amount_last_minor bigint,
    amount_linear_minor bigint,
    amount_time_decay_minor bigint,
    amount_position_minor bigint,
    amount_data_driven_minor bigint,
    primary key (tenant_id, conversion_id, touchpoint_id)
);
create index attribution_credits_by_time on analytics.attribution_credits using brin (occurred_at);
comment on table analytics.attribution_credits is 'One row per conversion and touch, all models side by side; every writer fills all models in one statement.';
comment on column analytics.attribution_credits.tenant_id is 'tenant';
comment on column analytics.attribution_credits.conversion_id is 'conversion';
comment on column analytics.attribution_credits.touchpoint_id is 'touch';
comment on column analytics.attribution_credits.position is 'place in the journey, 1 is the earliest';
comment on column analytics.attribution_credits.row_digest is 'hash of the row''s other columns but the data-driven ones, by which a recalculation knows an unchanged row';
comment on column analytics.attribution_credits.occurred_at is 'the conversion''s occurred_at, UTC; rows are written in its order, so that a window is read by block ranges';
comment on column analytics.attribution_credits.attribution_first is 'weight of the touch under first, 0 to 1, sums to 1 per conversion; null where the model does not apply';
comment on column analytics.attribution_credits.attribution_last is 'weight of the touch under last, 0 to 1, sums to 1 per conversion; null where the model does not apply';
comment on column analytics.attribution_credits.attribution_linear is 'weight of the touch under linear, 0 to 1, sums to 1 per conversion; null where the model does not apply';
comment on column analytics.attribution_credits.attribution_time_decay is 'weight of the touch under time decay, 0 to 1, sums to 1 per conversion; null where the model does not apply';
comment on column analytics.attribution_credits.attribution_position is 'weight of the touch under position, 0 to 1, sums to 1 per conversion; null where the model does not apply';
comment on column analytics.attribution_credits.attribution_data_driven is 'weight of the touch under data driven, 0 to 1, sums to 1 per conversion; null where the model does not apply';
comment on column analytics.attribution_credits.amount_first_minor is 'credit under first in minor units of the conversion''s currency; sums to its value exactly';
comment on column analytics.attribution_credits.amount_last_minor is 'credit under last in minor units of the conversion''s currency; sums to its value exactly';
comment on column analytics.attribution_credits.amount_linear_minor is 'credit under linear in minor units of the conversion''s currency; sums to its value exactly';
comment on column analytics.attribution_credits.amount_time_decay_minor is 'credit under time decay in minor units of the conversion''s currency; sums to its value exactly';
comment on column analytics.attribution_credits.amount_position_minor is 'credit under position in minor units of the conversion''s currency; sums to its value exactly';
comment on column analytics.attribution_credits.amount_data_driven_minor is 'credit under data driven in minor units of the conversion''s currency; sums to its value exactly';

create table analytics.credit_adjustments (
    tenant_id bigint not null,
    conversion_id bigint not null,
    touchpoint_id bigint not null,
    refund_id bigint not null,
    order_date date not null,
    refund_date date not null,
    amount_first_minor bigint,
    amount_last_minor bigint,
    amount_linear_minor bigint,
    amount_time_decay_minor bigint,
    amount_position_minor bigint,
    amount_data_driven_minor bigint,
    primary key (tenant_id, conversion_id, touchpoint_id, refund_id)
);
comment on table analytics.credit_adjustments is 'Signed changes of credit after the sale, on the conversion''s own weights. Net credit is credit plus adjustments.';
comment on column analytics.credit_adjustments.tenant_id is 'tenant';
comment on column analytics.credit_adjustments.conversion_id is 'conversion';
comment on column analytics.credit_adjustments.touchpoint_id is 'touch, 0 for the unattributed';
comment on column analytics.credit_adjustments.refund_id is 'refund, 0 for a cancellation';
comment on column analytics.credit_adjustments.order_date is 'tenant-local day of the order';
comment on column analytics.credit_adjustments.refund_date is 'tenant-local day of the refund or cancellation';
comment on column analytics.credit_adjustments.amount_first_minor is 'change of credit under first, signed, minor units of the conversion''s currency';
comment on column analytics.credit_adjustments.amount_last_minor is 'change of credit under last, signed, minor units of the conversion''s currency';
comment on column analytics.credit_adjustments.amount_linear_minor is 'change of credit under linear, signed, minor units of the conversion''s currency';
comment on column analytics.credit_adjustments.amount_time_decay_minor is 'change of credit under time decay, signed, minor units of the conversion''s currency';
comment on column analytics.credit_adjustments.amount_position_minor is 'change of credit under position, signed, minor units of the conversion''s currency';
comment on column analytics.credit_adjustments.amount_data_driven_minor is 'change of credit under data driven, signed, minor units of the conversion''s currency';

create table analytics.webhook_inbox (
    tenant_id bigint not null,
    topic text not null,
    webhook_id text not null,
    event_id text,
    triggered_at timestamptz,
    received_at timestamptz not null default clock_timestamp(),
    payload bytea not null,
    status text not null default 'queued',
    attempts integer not null default 0,
    error text,
    lease_until timestamptz,
    fence bigint not null default 0,
    primary key (tenant_id, topic, webhook_id),
    check (status in ('queued', 'processing', 'done', 'quarantined'))
);
create index webhook_inbox_due on analytics.webhook_inbox (tenant_id, received_at) where status in ('queued', 'processing');
comment on table analytics.webhook_inbox is 'Raw deliveries of the shop''s webhooks, as received; drained by attribution_webhook_queue. Retention: 35 days after processing.';
comment on column analytics.webhook_inbox.tenant_id is 'tenant';
comment on column analytics.webhook_inbox.topic is 'orders/create, refunds/create, ...';
comment on column analytics.webhook_inbox.webhook_id is 'X-Shopify-Webhook-Id, constant over redeliveries';
comment on column analytics.webhook_inbox.event_id is 'X-Shopify-Event-Id';
comment on column analytics.webhook_inbox.triggered_at is 'X-Shopify-Triggered-At, UTC';
comment on column analytics.webhook_inbox.received_at is 'machine time of receipt';
comment on column analytics.webhook_inbox.payload is 'raw body, the bytes the signature covers';
comment on column analytics.webhook_inbox.status is 'queued, processing, done or quarantined';
comment on column analytics.webhook_inbox.attempts is 'claims so far';
comment on column analytics.webhook_inbox.error is 'one line, no payload';
comment on column analytics.webhook_inbox.lease_until is 'machine time until which a claim holds';
comment on column analytics.webhook_inbox.fence is 'raised by every claim; a stale holder is refused';

create table analytics.quarantine (
    tenant_id bigint not null,
    quarantine_id bigint not null,
    source text not null,
    ref text not null,
    reason text not null,
    payload bytea not null,
    received_at timestamptz not null default clock_timestamp(),
    resolved_at timestamptz,
    primary key (tenant_id, quarantine_id)
);
create index quarantine_open on analytics.quarantine (tenant_id, source) where resolved_at is null;
comment on table analytics.quarantine is 'Input that could not be used, kept and visible until resolved. The same row and reason is kept once.';
comment on column analytics.quarantine.tenant_id is 'tenant';
comment on column analytics.quarantine.quarantine_id is 'stable hash of source, ref, reason and payload';
comment on column analytics.quarantine.source is 'import:orders, import:touchpoints, webhook:<topic>';
comment on column analytics.quarantine.ref is 'line of the file or id of the delivery';
comment on column analytics.quarantine.reason is 'one line that names field and remedy';
comment on column analytics.quarantine.payload is 'the input as received';
comment on column analytics.quarantine.received_at is 'machine time';
comment on column analytics.quarantine.resolved_at is 'machine time of the successful replay';

create table analytics.leases (
    tenant_id bigint not null,
    job text not null,
    dag_id text not null,
    run_id text not null,
    task_id text not null,
    map_index integer not null,
    fence bigint not null,
    expires_at timestamptz not null,
    primary key (tenant_id, job)
);
comment on table analytics.leases is 'Who works on (job, tenant) now. Machine time only.';
comment on column analytics.leases.tenant_id is 'tenant';
comment on column analytics.leases.job is 'dag_id';
comment on column analytics.leases.dag_id is 'holder';
comment on column analytics.leases.run_id is 'holder';
comment on column analytics.leases.task_id is 'holder';
comment on column analytics.leases.map_index is 'holder';
comment on column analytics.leases.fence is 'raised by every taking; a stale holder is refused at commit';
comment on column analytics.leases.expires_at is '60 s after the last renewal, database clock';

create table analytics.restate_queue (
    tenant_id bigint not null,
    day date not null,
    cause text not null,
    requested_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, day, cause)
);
comment on table analytics.restate_queue is 'Closed days whose inputs changed: worked by hourly_metrics_rollup.';
comment on column analytics.restate_queue.tenant_id is 'tenant';
comment on column analytics.restate_queue.day is 'tenant-local day';
comment on column analytics.restate_queue.cause is 'spend, fx, refund, credit, view_through, cost';
comment on column analytics.restate_queue.requested_at is 'machine time';
do $$
declare
    name text;
begin
    foreach name in array array['visitors', 'visitor_identities', 'customers', 'touchpoints',
                                'orders', 'order_lines', 'refunds', 'order_context',
                                'conversions', 'attribution_queue', 'conversion_audit', 'attribution_credits',
                                'credit_adjustments', 'webhook_inbox', 'quarantine', 'leases',
                                'restate_queue'] loop
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
    end loop;

    foreach name in array array['touchpoints', 'webhook_inbox'] loop
        execute format(
            'create policy ingest_inserts on analytics.%I for insert to analytics_ingest
                with check (tenant_id = (select nullif(current_setting(''app.tenant_id'', true), '''')::bigint))', name);
    end loop;

    foreach name in array array['leases', 'attribution_queue', 'webhook_inbox', 'restate_queue'] loop
        execute format('create policy control_reads on analytics.%I for select to analytics_control using (true)', name);
    end loop;
end
$$;

grant usage on schema analytics to analytics_jobs, analytics_control, analytics_ingest, analytics_reader;
grant select, insert, update, delete on all tables in schema analytics to analytics_jobs;
grant select on all tables in schema analytics to analytics_reader;
revoke select on analytics.webhook_inbox, analytics.quarantine, analytics.order_context, analytics.leases,
    analytics.attribution_queue from analytics_reader;
grant insert on analytics.touchpoints, analytics.webhook_inbox to analytics_ingest;

-- Of the queues the listing role sees what is due, never what is in it.
grant select on analytics.leases to analytics_control;
grant select on analytics.attribution_queue to analytics_control;
grant select (tenant_id, status, received_at, lease_until) on analytics.webhook_inbox to analytics_control;
grant select (tenant_id, day, cause, requested_at) on analytics.restate_queue to analytics_control;
