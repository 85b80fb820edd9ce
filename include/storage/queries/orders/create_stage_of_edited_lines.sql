create temporary table stage_edited_lines (
    edit_id bigint not null,
    line_id bigint not null,
    order_id bigint not null,
    committed_at timestamptz not null,
    quantity bigint not null
) on commit drop
