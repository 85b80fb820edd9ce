-- claimed: JSON, an array of {topic, webhook_id}. A delivery without its own time has that of its receipt, which is
-- machine time and so no later than now.
select
    inbox.topic,
    inbox.webhook_id,
    coalesce(inbox.triggered_at, least(inbox.received_at, %(now)s::timestamptz)) as triggered_at,
    inbox.payload
from json_to_recordset(%(claimed)s::text::json) as claimed (topic text, webhook_id text)
join analytics.webhook_inbox as inbox using (topic, webhook_id)
where inbox.tenant_id = %(tenant_id)s
