create temporary table stage_conversions (
    conversion_id bigint not null,
    status text not null,
    reason text,
    config_version bigint not null,
    credit_changed boolean not null
) on commit drop
