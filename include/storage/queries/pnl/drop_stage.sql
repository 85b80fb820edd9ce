drop table if exists stage_pnl
