select valid_from, settings
from control.tenant_cost_config
where tenant_id = %(tenant_id)s
order by valid_from
