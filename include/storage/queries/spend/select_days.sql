select spend_days.report_date, spend_days.known, count(staged.level) as rows,
       coalesce(sum(staged.spend::numeric(20, 6)) filter (where staged.level = %(level)s), 0) as spend
from spend_days
left join spend_stage as staged on staged.report_date::date = spend_days.report_date
group by spend_days.report_date, spend_days.known
order by spend_days.report_date
limit %(most)s
