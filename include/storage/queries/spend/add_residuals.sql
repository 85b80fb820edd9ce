insert into spend_stage (report_date, level, entity_id, currency, spend, impressions, clicks,
                         platform_conversions, platform_conversion_value)
select report_date, 'residual', %(account_id)s, %(currency)s, (account_spend - children_spend)::text,
       account_impressions - children_impressions, account_clicks - children_clicks,
       (account_conversions - children_conversions)::text, (account_value - children_value)::text
from (
    select report_date,
           coalesce(sum(spend::numeric(20, 6)) filter (where level = 'account'), 0) as account_spend,
           coalesce(sum(spend::numeric(20, 6)) filter (where level = %(level)s), 0) as children_spend,
           coalesce(sum(impressions) filter (where level = 'account'), 0)::bigint as account_impressions,
           coalesce(sum(impressions) filter (where level = %(level)s), 0)::bigint as children_impressions,
           coalesce(sum(clicks) filter (where level = 'account'), 0)::bigint as account_clicks,
           coalesce(sum(clicks) filter (where level = %(level)s), 0)::bigint as children_clicks,
           sum(platform_conversions::numeric(20, 6)) filter (where level = 'account') as account_conversions,
           coalesce(sum(platform_conversions::numeric(20, 6)) filter (where level = %(level)s), 0) as children_conversions,
           sum(platform_conversion_value::numeric(20, 6)) filter (where level = 'account') as account_value,
           coalesce(sum(platform_conversion_value::numeric(20, 6)) filter (where level = %(level)s), 0) as children_value
    from spend_stage
    where level in ('account', %(level)s)
    group by report_date
) as totals
where account_spend <> children_spend
