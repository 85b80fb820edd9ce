-- The tenant's settings by the instant of the conversion they apply to: valid_from <= occurred_at < valid_to.
create temporary table journey_settings (
    valid_from timestamptz not null,
    valid_to timestamptz not null,
    lookback interval not null,
    view_lookback interval not null,
    views_count boolean not null,
    consent text not null,
    max_visitors integer not null
) on commit drop
