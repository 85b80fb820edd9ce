-- Which of the ids that a vendor shows are in the ledger, whatever became of them.
select distinct event_id
from analytics.conversion_events
where tenant_id = %(tenant_id)s and destination_id = %(destination_id)s and event_id = any(%(event_ids)s)
