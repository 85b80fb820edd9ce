-- A claim changes status and attempts; with neither in an index it writes the row's page and nothing else. What is due
-- is what has not ended.

alter table analytics.webhook_inbox add column ended_at timestamptz;
comment on column analytics.webhook_inbox.ended_at is 'machine time when it became done or quarantined, null while due';
update analytics.webhook_inbox set ended_at = clock_timestamp() where status in ('done', 'quarantined');
drop index analytics.webhook_inbox_due;
create index webhook_inbox_due on analytics.webhook_inbox (tenant_id, received_at) where ended_at is null;
grant select (ended_at) on analytics.webhook_inbox to analytics_control;
