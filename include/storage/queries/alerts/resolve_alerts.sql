update control.alerts
set resolved_at = clock_timestamp()
where
    tenant_id = %(tenant_id)s
    and rule = any(%(rules)s)
    and resolved_at is null
    and (%(subject)s::text is null or subject = %(subject)s)
    and not (rule || ' ' || subject = any(%(still_open)s))
