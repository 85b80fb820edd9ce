-- Sessions and clicks on the shop's pages by local day.
create temporary table day_sessions on commit drop as
select (occurred_at at time zone %(timezone)s)::date as day, count(*) as sessions
from analytics.touchpoints
where
    tenant_id = %(tenant_id)s
    and occurred_at >= %(start)s
    and occurred_at < %(end)s
    and type = 'click'
group by 1
