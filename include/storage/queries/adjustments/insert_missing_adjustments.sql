insert into analytics.credit_adjustments (
    tenant_id, conversion_id, touchpoint_id, refund_id, order_date, refund_date,
    amount_first_minor, amount_last_minor, amount_linear_minor, amount_time_decay_minor, amount_position_minor,
    amount_data_driven_minor
)
select
    %(tenant_id)s, conversion_id, touchpoint_id, refund_id, order_date, refund_date,
    amount_first_minor, amount_last_minor, amount_linear_minor, amount_time_decay_minor, amount_position_minor,
    amount_data_driven_minor
from stage_adjustments as staged
where not exists (
    select 1
    from analytics.credit_adjustments as stored
    where
        stored.tenant_id = %(tenant_id)s
        and stored.conversion_id = staged.conversion_id
        and stored.touchpoint_id = staged.touchpoint_id
        and stored.refund_id = staged.refund_id
)
returning order_date, refund_date
