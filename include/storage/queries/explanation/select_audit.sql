select recorded_at, cause, detail::text as detail
from analytics.conversion_audit
where tenant_id = %(tenant_id)s::bigint and conversion_id = %(conversion_id)s::bigint
order by recorded_at, cause
