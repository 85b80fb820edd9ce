-- Pairs of visitor and customer that were named, or named until now: then valid_from is counted again.
create temporary table evidence_changes (
    visitor_id bigint not null,
    customer_id bigint not null,
    valid_from timestamptz,
    recount boolean not null
) on commit drop
