-- Touches that this run gave another campaign, or took theirs.
create temporary table changed_touches (
    touchpoint_id bigint not null,
    occurred_at timestamptz not null
) on commit drop
