create temporary table stage_lines (
    order_id bigint not null,
    line_id bigint not null,
    product_id text,
    variant_id text,
    sku text,
    quantity bigint not null,
    unit_price_minor bigint not null,
    discount_minor bigint not null,
    tax_minor bigint not null,
    gift_card boolean not null
) on commit drop
