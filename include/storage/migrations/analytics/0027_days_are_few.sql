-- Conversions and touches are grouped by the day of occurred_at, never by its instant. The planner derives the number of
-- days from the number of instants; told that there are few, it adds up in parallel and by hash.
alter table analytics.conversions alter column occurred_at set (n_distinct = 1000);
alter table analytics.touchpoints alter column occurred_at set (n_distinct = 1000);
