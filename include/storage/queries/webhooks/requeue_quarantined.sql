-- Open quarantine of webhooks back into the queue; source and ref null mean all.
update analytics.webhook_inbox as inbox
set status = 'queued', attempts = 0, ended_at = null
from analytics.quarantine
where
    inbox.tenant_id = %(tenant_id)s
    and inbox.status = 'quarantined'
    and quarantine.tenant_id = %(tenant_id)s
    and quarantine.resolved_at is null
    and quarantine.source = 'webhook:' || inbox.topic
    and quarantine.ref = inbox.webhook_id
    and (%(source)s::text is null or quarantine.source = %(source)s::text)
    and (%(ref)s::text is null or quarantine.ref = %(ref)s::text)
