select day, amount_minor, coverage
from analytics.pnl_daily
where tenant_id = %(tenant_id)s and day >= %(first)s and day < %(last)s and line = 'cogs'
order by day
