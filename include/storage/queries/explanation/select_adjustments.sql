select
    touchpoint_id,
    refund_id,
    order_date,
    refund_date,
    amount_first_minor,
    amount_last_minor,
    amount_linear_minor,
    amount_time_decay_minor,
    amount_position_minor,
    amount_data_driven_minor
from analytics.credit_adjustments
where tenant_id = %(tenant_id)s::bigint and conversion_id = %(conversion_id)s::bigint
order by refund_date, refund_id, touchpoint_id
