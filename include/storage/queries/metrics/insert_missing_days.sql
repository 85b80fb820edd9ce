insert into analytics.metrics_daily
select staged.*
from stage_days as staged
where not exists (
    select 1
    from analytics.metrics_daily as stored
    where stored.tenant_id = %(tenant_id)s and stored.day = staged.day
)
returning day
