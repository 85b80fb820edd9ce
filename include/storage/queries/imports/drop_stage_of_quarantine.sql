drop table if exists stage_quarantine
