-- Days across accounts are asked for by levels above ads, which are the bulk of the rows; an account's own go by the key.

drop index analytics.ad_spend_daily_by_day;
create index ad_spend_daily_by_day on analytics.ad_spend_daily (tenant_id, report_date) where level <> 'ad';
