select source, rate_date, base, quote, rate
from control.fx_rates
where source = any(%(sources)s::text[]) and rate_date between %(first)s and %(last)s
order by source, rate_date, base, quote
