-- What is not final yet is looked for every night, among all that is.
create index metrics_daily_provisional on analytics.metrics_daily (tenant_id, day) where not is_final;
create index attribution_metrics_daily_provisional on analytics.attribution_metrics_daily (tenant_id, day) where not is_final;
create index pnl_daily_provisional on analytics.pnl_daily (tenant_id, day) where not is_final;

-- An hour says as a day does what its money lacks and which formulas made it.
alter table analytics.metrics_hourly add column incomplete text, add column catalogue_version bigint;
comment on column analytics.metrics_hourly.incomplete is 'why money of the hour is only part of it: currencies without a rate that day; null: nothing lacks';
comment on column analytics.metrics_hourly.catalogue_version is 'stable hash of the catalogue that made the row; null: written before hours had one';
comment on table analytics.metrics_hourly is 'One row per hour of the tenant''s day in which something happened; days with 23 or 25 hours have as many. An hour adds up to its day. Written by hourly_metrics_rollup, and by aggregate_daily_metrics for the days it changes. Retention: for ever.';
