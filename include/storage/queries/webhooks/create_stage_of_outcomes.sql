-- What became of the claimed deliveries: reason is null for those that were used.
create temporary table stage_outcomes (
    topic text not null,
    webhook_id text not null,
    reason text,
    quarantine_id bigint
) on commit drop
