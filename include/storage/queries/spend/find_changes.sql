-- relabelled: the figures are the same and only what we say of them differs; such a day is rewritten, not logged.
insert into spend_changes
select report_date, level, entity_id,
       case
           when stored.spend is null then 'appeared'
           when staged.spend is null then 'vanished'
           when (stored.spend, stored.impressions, stored.clicks) <> (staged.spend, staged.impressions, staged.clicks)
             or stored.platform_conversions is distinct from staged.platform_conversions
             or stored.platform_conversion_value is distinct from staged.platform_conversion_value then 'changed'
           else 'relabelled'
       end,
       stored.spend, staged.spend,
       stored.impressions, staged.impressions,
       stored.clicks, staged.clicks,
       stored.platform_conversions, staged.platform_conversions,
       stored.platform_conversion_value, staged.platform_conversion_value
from (
    select report_date, level, entity_id, spend, impressions, clicks, platform_conversions, platform_conversion_value,
           is_final
    from analytics.ad_spend_daily
    where tenant_id = %(tenant_id)s
      and platform = %(platform)s
      and account_id = %(account_id)s
      and report_date >= %(date_from)s
      and report_date < %(date_to)s
      and level = any(%(levels)s)
) as stored
full join (
    select report_date::date as report_date, level, entity_id, spend::numeric(20, 6) as spend, impressions, clicks,
           platform_conversions::numeric(20, 6) as platform_conversions,
           platform_conversion_value::numeric(20, 6) as platform_conversion_value
    from spend_stage
) as staged using (report_date, level, entity_id)
where (stored.spend, stored.impressions, stored.clicks, stored.platform_conversions, stored.platform_conversion_value,
       stored.is_final)
    is distinct from (staged.spend, staged.impressions, staged.clicks, staged.platform_conversions,
                      staged.platform_conversion_value, report_date < %(final_before)s)
