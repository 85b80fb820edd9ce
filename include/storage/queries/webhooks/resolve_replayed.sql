update analytics.quarantine
set resolved_at = clock_timestamp()
from stage_outcomes
where
    quarantine.tenant_id = %(tenant_id)s
    and quarantine.resolved_at is null
    and quarantine.source = 'webhook:' || stage_outcomes.topic
    and quarantine.ref = stage_outcomes.webhook_id
    and quarantine.reason is distinct from stage_outcomes.reason
