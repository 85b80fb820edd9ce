with made as (
    select *
    from jsonb_populate_recordset(null::analytics.metrics_weekly, %(rows)s::jsonb)
),
gone as (
    delete from analytics.metrics_weekly as stored
    where
        stored.tenant_id = %(tenant_id)s
        and stored.week_start = %(week_start)s
        and not exists (select 1 from made where made.metric = stored.metric)
)
insert into analytics.metrics_weekly
select *
from made
on conflict (tenant_id, week_start, metric) do update
set
    value = excluded.value,
    previous = excluded.previous,
    change = excluded.change,
    average_4_weeks = excluded.average_4_weeks,
    unit = excluded.unit,
    currency = excluded.currency,
    incomplete = excluded.incomplete,
    is_final = excluded.is_final,
    preference_version = excluded.preference_version,
    catalogue_version = excluded.catalogue_version,
    run_id = excluded.run_id,
    changed_at = excluded.changed_at
where
    (metrics_weekly.value, metrics_weekly.previous, metrics_weekly.change, metrics_weekly.average_4_weeks,
     metrics_weekly.unit, metrics_weekly.currency, metrics_weekly.incomplete, metrics_weekly.is_final,
     metrics_weekly.preference_version, metrics_weekly.catalogue_version)
    is distinct from
    (excluded.value, excluded.previous, excluded.change, excluded.average_4_weeks,
     excluded.unit, excluded.currency, excluded.incomplete, excluded.is_final,
     excluded.preference_version, excluded.catalogue_version)
