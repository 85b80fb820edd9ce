-- A conversion's credit is found by its key. The time of the order stands in conversions; a second copy here, and an index
-- of block ranges on it, cost a fifth of every first crediting and were read by nothing that a join does not serve.
drop index analytics.attribution_credits_by_time;
alter table analytics.attribution_credits drop column occurred_at;
