delete from analytics.attribution_credits as credits
using stage_conversions
where
    credits.tenant_id = %(tenant_id)s
    and credits.conversion_id = stage_conversions.conversion_id
    and stage_conversions.credit_changed
