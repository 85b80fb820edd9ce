-- A day that the account's total leaves out had no traffic: it is stored as 0, so that it is known to be read.
insert into spend_stage (report_date, level, entity_id, currency, spend, impressions, clicks,
                         platform_conversions, platform_conversion_value)
select to_char(day, 'YYYY-MM-DD'), 'account', %(account_id)s, %(currency)s, '0', 0, 0, null, null
from generate_series(%(date_from)s::date, %(date_to)s::date - 1, interval '1 day') as day
where not exists (
    select from spend_stage where level = 'account' and report_date = to_char(day, 'YYYY-MM-DD')
)
