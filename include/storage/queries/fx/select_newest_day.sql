select max(rate_date) as newest
from control.fx_rates
where source = %(source)s
