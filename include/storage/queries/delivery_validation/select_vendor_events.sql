-- Names under which a vendor counted this destination's purchases before.
select distinct vendor_event
from analytics.delivery_counts
where tenant_id = %(tenant_id)s and destination_id = %(destination_id)s and vendor_event is not null
