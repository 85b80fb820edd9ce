select date_trunc('month', first_day)::date as cohort, channel, count(*) as customers
from cohort_members
group by 1, 2
order by 1, 2
