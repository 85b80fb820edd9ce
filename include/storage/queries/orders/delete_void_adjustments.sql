delete from analytics.credit_adjustments as adjustments
using wanted_conversions as wanted
where
    adjustments.tenant_id = %(tenant_id)s
    and adjustments.conversion_id = wanted.order_id
    and (wanted.excluded_reason is not null or wanted.lacks_rate)
