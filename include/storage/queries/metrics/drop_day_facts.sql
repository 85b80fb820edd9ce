drop table if exists day_sales, day_spend, day_conversions, day_credit, day_paths, day_sessions, stage_days
