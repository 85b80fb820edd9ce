select valid_from, settings
from control.tenant_cogs_config
where tenant_id = %(tenant_id)s
order by valid_from
