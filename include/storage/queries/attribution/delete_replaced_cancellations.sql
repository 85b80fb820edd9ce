delete from analytics.credit_adjustments as adjustments
using stage_conversions
where
    adjustments.tenant_id = %(tenant_id)s
    and adjustments.conversion_id = stage_conversions.conversion_id
    and adjustments.refund_id = 0
