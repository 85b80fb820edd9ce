select valid_from, preferences as settings
from control.tenant_formula_preferences
where tenant_id = %(tenant_id)s
order by valid_from
