delete from control.tenant_campaign_rules
where tenant_id = %(tenant_id)s and name = %(name)s
