-- Amounts and days arrive as text and are cast when they are written: COPY of text is exact for any decimal.
create temporary table spend_stage (
    report_date text not null,
    level text not null,
    entity_id text not null,
    currency text not null,
    spend text not null,
    impressions bigint not null,
    clicks bigint not null,
    campaign_id text,
    adgroup_id text,
    ad_id text,
    entity_name text,
    family text,
    platform_conversions text,
    platform_conversion_value text,
    request_id text
) on commit drop
