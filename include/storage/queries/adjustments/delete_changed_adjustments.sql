delete from analytics.credit_adjustments as stored
using adjusted_conversions
where
    stored.tenant_id = %(tenant_id)s
    and stored.conversion_id = adjusted_conversions.conversion_id
    and not exists (
        select 1
        from stage_adjustments as staged
        where
            staged.conversion_id = stored.conversion_id
            and staged.touchpoint_id = stored.touchpoint_id
            and staged.refund_id = stored.refund_id
            and (staged.order_date, staged.refund_date, staged.amount_first_minor, staged.amount_last_minor,
                 staged.amount_linear_minor, staged.amount_time_decay_minor, staged.amount_position_minor,
                 staged.amount_data_driven_minor)
                is not distinct from
                (stored.order_date, stored.refund_date, stored.amount_first_minor, stored.amount_last_minor,
                 stored.amount_linear_minor, stored.amount_time_decay_minor, stored.amount_position_minor,
                 stored.amount_data_driven_minor)
    )
returning stored.order_date, stored.refund_date
