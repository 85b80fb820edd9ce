insert into spend_days (report_date, known, restated)
select distinct report_date::date, false, true
from spend_stage
