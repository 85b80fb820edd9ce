delete from control.tenant_fx_sources
where tenant_id = %(tenant_id)s and source = %(source)s
