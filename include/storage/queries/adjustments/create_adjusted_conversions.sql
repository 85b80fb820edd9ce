create temporary table if not exists adjusted_conversions (
    conversion_id bigint not null
) on commit drop
