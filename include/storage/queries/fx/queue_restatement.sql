-- Days of spend whose worth in the tenant's currency is another now.
insert into analytics.restate_queue (tenant_id, day, cause)
select distinct spend.tenant_id, spend.report_date, 'fx'
from analytics.ad_spend_daily as spend
join unnest(%(currencies)s::text[], %(days)s::date[]) as changed (currency, day)
    on changed.currency = spend.currency and changed.day = spend.report_date
where spend.tenant_id = %(tenant_id)s
on conflict (tenant_id, day, cause) do update
set requested_at = clock_timestamp()
