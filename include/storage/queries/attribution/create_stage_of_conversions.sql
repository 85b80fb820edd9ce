create temporary table stage_conversions (
    -- With a key no plan of update_conversions is slow, whatever the statistics say.
    conversion_id bigint primary key,
    status text not null,
    reason text,
    config_version bigint not null,
    credit_changed boolean not null
) on commit drop
