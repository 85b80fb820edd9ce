select day, platform, account_id, spend * power(10::numeric, %(exponent)s::integer) as spend, reason
from day_spend
order by day, platform, account_id
