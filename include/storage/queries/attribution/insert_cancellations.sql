-- A cancelled order's credit is adjusted to zero and never deleted: minus its own rows, or minus its value when nobody
-- earned it (touchpoint 0).
insert into analytics.credit_adjustments (
    tenant_id, conversion_id, touchpoint_id, refund_id, order_date, refund_date,
    amount_first_minor, amount_last_minor, amount_linear_minor, amount_time_decay_minor, amount_position_minor,
    amount_data_driven_minor
)
select
    conversions.tenant_id,
    conversions.conversion_id,
    coalesce(credits.touchpoint_id, 0),
    0,
    (conversions.occurred_at at time zone %(timezone)s)::date,
    (conversions.cancelled_at at time zone %(timezone)s)::date,
    -coalesce(credits.amount_first_minor, conversions.value_minor),
    -coalesce(credits.amount_last_minor, conversions.value_minor),
    -coalesce(credits.amount_linear_minor, conversions.value_minor),
    -coalesce(credits.amount_time_decay_minor, conversions.value_minor),
    -coalesce(credits.amount_position_minor, conversions.value_minor),
    -credits.amount_data_driven_minor
from stage_conversions
join analytics.conversions
    on conversions.tenant_id = %(tenant_id)s and conversions.conversion_id = stage_conversions.conversion_id
left join analytics.attribution_credits as credits
    on credits.tenant_id = conversions.tenant_id and credits.conversion_id = conversions.conversion_id
where conversions.cancelled_at is not null
