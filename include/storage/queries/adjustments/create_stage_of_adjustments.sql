create temporary table if not exists stage_adjustments (
    conversion_id bigint not null,
    touchpoint_id bigint not null,
    refund_id bigint not null,
    order_date date not null,
    refund_date date not null,
    amount_first_minor bigint not null,
    amount_last_minor bigint not null,
    amount_linear_minor bigint not null,
    amount_time_decay_minor bigint not null,
    amount_position_minor bigint not null,
    amount_data_driven_minor bigint
) on commit drop
