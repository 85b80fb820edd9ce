with made as (
    select *
    from jsonb_populate_recordset(null::analytics.metrics_cohorts, %(rows)s::jsonb)
),
gone as (
    delete from analytics.metrics_cohorts as stored
    where
        stored.tenant_id = %(tenant_id)s
        and stored.cohort >= %(first)s
        and stored.cohort < %(last)s
        and not exists (
            select 1
            from made
            where
                made.cohort = stored.cohort
                and made.channel = stored.channel
                and made.horizon_days = stored.horizon_days
        )
)
insert into analytics.metrics_cohorts
select *
from made
on conflict (tenant_id, cohort, channel, horizon_days) do update
set
    customers = excluded.customers,
    spend = excluded.spend,
    value = excluded.value,
    ltv = excluded.ltv,
    cac = excluded.cac,
    ltv_cac = excluded.ltv_cac,
    payback_days = excluded.payback_days,
    currency = excluded.currency,
    incomplete = excluded.incomplete,
    preference_version = excluded.preference_version,
    catalogue_version = excluded.catalogue_version,
    run_id = excluded.run_id,
    changed_at = excluded.changed_at
where
    (metrics_cohorts.customers, metrics_cohorts.spend, metrics_cohorts.value, metrics_cohorts.ltv, metrics_cohorts.cac,
     metrics_cohorts.ltv_cac, metrics_cohorts.payback_days, metrics_cohorts.currency, metrics_cohorts.incomplete,
     metrics_cohorts.preference_version, metrics_cohorts.catalogue_version)
    is distinct from
    (excluded.customers, excluded.spend, excluded.value, excluded.ltv, excluded.cac,
     excluded.ltv_cac, excluded.payback_days, excluded.currency, excluded.incomplete,
     excluded.preference_version, excluded.catalogue_version)
