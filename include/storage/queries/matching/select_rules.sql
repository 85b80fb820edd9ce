select name, platform, account_id, campaign_id, conditions, valid_from
from control.tenant_campaign_rules
where tenant_id = %(tenant_id)s
order by position
