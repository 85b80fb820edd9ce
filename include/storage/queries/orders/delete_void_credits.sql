-- An order that is no conversion any more has no credit, nor has a changed one whose currency has no rate on its day.
delete from analytics.attribution_credits as credits
using wanted_conversions as wanted
where
    credits.tenant_id = %(tenant_id)s
    and credits.conversion_id = wanted.order_id
    and (wanted.excluded_reason is not null or wanted.lacks_rate)
