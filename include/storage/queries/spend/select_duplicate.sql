select level, report_date
from spend_stage
group by report_date, level, entity_id
having count(*) > 1
limit 1
