select line, layer, is_subtotal, amount_minor, coverage, incomplete, is_final
from analytics.pnl_daily
where tenant_id = %(tenant_id)s and day = %(day)s
order by position
