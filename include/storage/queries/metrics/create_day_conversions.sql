-- Conversions by the tenant-local day of their order: what credit explains of sales.
create temporary table day_conversions on commit drop as
select
    (conversions.occurred_at at time zone %(timezone)s)::date as day,
    conversions.value_minor,
    conversions.currency,
    conversions.status,
    conversions.reason
from analytics.conversions
where
    conversions.tenant_id = %(tenant_id)s
    and conversions.occurred_at >= %(start)s
    and conversions.occurred_at < %(end)s
