-- Without a conflict target: naming the key would need the right to read it, and who receives may only insert.
insert into analytics.webhook_inbox (tenant_id, topic, webhook_id, event_id, triggered_at, payload)
values (%(tenant_id)s, %(topic)s, %(webhook_id)s, %(event_id)s, %(triggered_at)s, %(payload)s)
on conflict do nothing
