-- Refunds to write: new ones, and newer states of known ones. rewritten: more than the version differs.
create temporary table refund_matches on commit drop as
select
    stage_refunds.refund_id,
    refunds.refund_id is null as inserted,
    refunds.row_digest is distinct from stage_refunds.row_digest as rewritten,
    refunds.order_id as order_before
from stage_refunds
left join analytics.refunds on refunds.tenant_id = %(tenant_id)s and refunds.refund_id = stage_refunds.refund_id
where
    refunds.refund_id is null
    or refunds.updated_at is null
    or (stage_refunds.updated_at, stage_refunds.triggered_at, stage_refunds.row_digest)
        > (refunds.updated_at, refunds.triggered_at, refunds.row_digest)
