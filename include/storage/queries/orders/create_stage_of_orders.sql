create temporary table stage_orders (
    line bigint not null,
    order_id bigint not null,
    external_id text not null,
    source text not null,
    source_name text,
    placed_at timestamptz not null,
    cancelled_at timestamptz,
    test boolean not null,
    financial_status text not null,
    customer_id bigint,
    customer_external_id text,
    visitor_id bigint,
    visitor_external_id text,
    currency text not null,
    total_minor bigint not null,
    row_digest bigint not null
) on commit drop
