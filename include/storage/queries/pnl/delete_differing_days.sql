-- A day is replaced as a whole: its lines may be others now. Which run wrote it, and when, is no difference.
delete from analytics.pnl_daily as stored
where
    stored.tenant_id = %(tenant_id)s
    and stored.day in (
        select coalesce(before.day, now.day)
        from (
            select day, position, to_jsonb(pnl_daily) - 'run_id' - 'changed_at' as row
            from analytics.pnl_daily
            where tenant_id = %(tenant_id)s and day = any(%(days)s::date[])
        ) as before
        full join (select day, position, to_jsonb(stage_pnl) - 'run_id' - 'changed_at' as row from stage_pnl) as now
            on now.day = before.day and now.position = before.position
        where before.row is distinct from now.row
    )
