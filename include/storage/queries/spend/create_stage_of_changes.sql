create temporary table spend_changes (
    report_date date not null,
    level text not null,
    entity_id text not null,
    kind text not null,
    spend_before numeric(20, 6),
    spend_after numeric(20, 6),
    impressions_before bigint,
    impressions_after bigint,
    clicks_before bigint,
    clicks_after bigint,
    platform_conversions_before numeric(20, 6),
    platform_conversions_after numeric(20, 6),
    platform_conversion_value_before numeric(20, 6),
    platform_conversion_value_after numeric(20, 6)
) on commit drop
