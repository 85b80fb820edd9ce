-- Orders of which a refund is new or says something else: their credit adjustments are to be written anew.
create temporary table refund_changes (
    order_id bigint not null
) on commit drop
