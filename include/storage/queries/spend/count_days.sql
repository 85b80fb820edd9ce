select count(*) as days
from spend_days
