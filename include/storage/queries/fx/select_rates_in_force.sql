select currency, day, rate, rate_date, source, settled, reason
from analytics.exchange_rates
where tenant_id = %(tenant_id)s and day between %(first)s and %(last)s
