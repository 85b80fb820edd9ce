create temporary table stage_refunds (
    line bigint not null,
    refund_id bigint not null,
    external_id text not null,
    order_id bigint not null,
    refunded_at timestamptz not null,
    currency text not null,
    goods_minor bigint not null,
    shipping_minor bigint not null,
    tax_minor bigint not null,
    restocked boolean not null,
    lines text not null,
    updated_at timestamptz not null,
    triggered_at timestamptz not null,
    row_digest bigint not null
) on commit drop
