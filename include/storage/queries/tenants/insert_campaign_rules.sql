insert into control.tenant_campaign_rules (
    tenant_id, name, position, platform, account_id, campaign_id, conditions, valid_from
)
values (
    %(tenant_id)s, %(name)s, %(position)s, %(platform)s, %(account_id)s, %(campaign_id)s, %(conditions)s, %(valid_from)s
)
