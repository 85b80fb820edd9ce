select valid_from, settings
from control.tenant_ad_budgets
where tenant_id = %(tenant_id)s
order by valid_from
