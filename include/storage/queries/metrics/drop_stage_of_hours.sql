drop table if exists stage_hours
