create temporary table stage_credits (
    conversion_id bigint not null,
    touchpoint_id bigint not null,
    position integer not null,
    row_digest bigint not null,
    attribution_first double precision not null,
    attribution_last double precision not null,
    attribution_linear double precision not null,
    attribution_time_decay double precision not null,
    attribution_position double precision not null,
    amount_first_minor bigint not null,
    amount_last_minor bigint not null,
    amount_linear_minor bigint not null,
    amount_time_decay_minor bigint not null,
    amount_position_minor bigint not null
) on commit drop
