create temporary table order_changes (
    order_id bigint not null,
    inserted boolean not null,
    visitor_before bigint,
    customer_before bigint
) on commit drop
