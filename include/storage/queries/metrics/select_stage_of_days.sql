select *
from stage_days
order by day
