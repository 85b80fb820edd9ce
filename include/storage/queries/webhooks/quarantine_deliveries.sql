-- Bad for the same reason as before its replay, a delivery is open again in its old row.
insert into analytics.quarantine (tenant_id, quarantine_id, source, ref, reason, payload)
select
    %(tenant_id)s,
    stage_outcomes.quarantine_id,
    'webhook:' || stage_outcomes.topic,
    stage_outcomes.webhook_id,
    stage_outcomes.reason,
    inbox.payload
from stage_outcomes
join analytics.webhook_inbox as inbox using (topic, webhook_id)
where inbox.tenant_id = %(tenant_id)s and stage_outcomes.reason is not null
on conflict (tenant_id, quarantine_id) do update set resolved_at = null
