-- Two notifiers at once never tell of the same alert: the second skips what the first has locked.
update control.alerts
set notified_at = clock_timestamp()
from control.tenants
where
    tenants.tenant_id = alerts.tenant_id
    and (alerts.tenant_id, alerts.rule, alerts.subject, alerts.opened_at) in (
        select tenant_id, rule, subject, opened_at
        from control.alerts
        where resolved_at is null and notified_at is null
        order by opened_at
        limit %(most)s
        for update skip locked
    )
returning tenants.slug, alerts.rule, alerts.subject, alerts.opened_at, alerts.detail
