-- The account's own total and the sum of the level below it, per day.
select report_date::date as report_date,
       coalesce(sum(spend::numeric(20, 6)) filter (where level = 'account'), 0) as account_spend,
       coalesce(sum(spend::numeric(20, 6)) filter (where level = %(level)s), 0) as children_spend
from spend_stage
where level in ('account', %(level)s)
group by spend_stage.report_date
order by 1
