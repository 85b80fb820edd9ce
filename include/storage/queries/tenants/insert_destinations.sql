insert into control.tenant_destinations (
    tenant_id, destination_id, destination, conn_id, send_from, enabled, event_id_template, consent_policy, mode, in_doubt
)
values (
    %(tenant_id)s, %(destination_id)s, %(destination)s, %(conn_id)s, %(send_from)s, %(enabled)s,
    %(event_id_template)s, %(consent_policy)s, %(mode)s, %(in_doubt)s
)
