delete from stage_refunds
using analytics.refunds
where
    refunds.tenant_id = %(tenant_id)s
    and refunds.refund_id = stage_refunds.refund_id
    and refunds.external_id <> stage_refunds.external_id
returning stage_refunds.line, 'refund_id' as field, stage_refunds.external_id
