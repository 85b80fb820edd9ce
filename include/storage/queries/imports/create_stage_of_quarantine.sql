create temporary table stage_quarantine (
    quarantine_id bigint not null,
    source text not null,
    ref text not null,
    reason text not null,
    payload bytea not null
) on commit drop
