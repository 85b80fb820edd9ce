with written as (
    insert into analytics.pnl_daily
    select staged.*
    from stage_pnl as staged
    where not exists (
        select 1
        from analytics.pnl_daily as stored
        where stored.tenant_id = %(tenant_id)s and stored.day = staged.day
    )
    returning day
)
select distinct day from written order by day
