select tenants.slug, alerts.rule, alerts.subject, alerts.opened_at, alerts.detail
from control.alerts
inner join control.tenants using (tenant_id)
where alerts.resolved_at is null
order by alerts.opened_at, tenants.slug, alerts.rule, alerts.subject
