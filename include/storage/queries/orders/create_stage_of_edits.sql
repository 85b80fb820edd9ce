create temporary table stage_edits (
    order_id bigint not null,
    external_id text not null,
    committed_at timestamptz not null
) on commit drop
