select destination_id, destination, conn_id, send_from, enabled, event_id_template, consent_policy, mode, in_doubt
from control.tenant_destinations
where tenant_id = %(tenant_id)s
order by destination_id
