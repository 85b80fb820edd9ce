-- Orders to write. rewritten: more than the version differs, so that lines and context are replaced too. same_evidence:
-- visitor, customer and instant are those of before.
create temporary table order_changes (
    order_id bigint not null,
    inserted boolean not null,
    rewritten boolean not null default false,
    same_evidence boolean not null default false,
    visitor_before bigint,
    customer_before bigint
) on commit drop
