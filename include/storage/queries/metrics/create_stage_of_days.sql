create temporary table stage_days (like analytics.metrics_daily including defaults) on commit drop
