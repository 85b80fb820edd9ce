update analytics.webhook_inbox as inbox
set
    status = case when stage_outcomes.reason is null then 'done' else 'quarantined' end,
    error = stage_outcomes.reason,
    ended_at = clock_timestamp()
from stage_outcomes
where
    inbox.tenant_id = %(tenant_id)s
    and inbox.topic = stage_outcomes.topic
    and inbox.webhook_id = stage_outcomes.webhook_id
