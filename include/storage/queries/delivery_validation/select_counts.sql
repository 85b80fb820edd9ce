select bucket_from, received, vendor_event, unchanged_since
from analytics.delivery_counts
where tenant_id = %(tenant_id)s and destination_id = %(destination_id)s and bucket_from >= %(start)s
