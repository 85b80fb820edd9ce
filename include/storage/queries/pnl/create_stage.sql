create temporary table stage_pnl (like analytics.pnl_daily including defaults) on commit drop
