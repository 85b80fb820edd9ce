select name, kind, amount, per, valid_from, valid_to
from control.operating_costs
where tenant_id = %(tenant_id)s
order by name, valid_from
