-- The first stored day of each kind of figures that is not final; null where all are.
select
    (select min(day) from analytics.metrics_daily where tenant_id = %(tenant_id)s and not is_final) as days,
    (select min(day) from analytics.attribution_metrics_daily where tenant_id = %(tenant_id)s and not is_final) as channels,
    (select min(day) from analytics.pnl_daily where tenant_id = %(tenant_id)s and not is_final) as profit
