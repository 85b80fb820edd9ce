select
    pnl.line, pnl.layer, pnl.is_subtotal, pnl.amount_minor, pnl.margin, pnl.coverage, pnl.incomplete, pnl.is_final, metrics.orders
from analytics.pnl_daily as pnl
left join analytics.metrics_daily as metrics on metrics.tenant_id = pnl.tenant_id and metrics.day = pnl.day
where pnl.tenant_id = %(tenant_id)s and pnl.day = %(day)s
order by pnl.position
