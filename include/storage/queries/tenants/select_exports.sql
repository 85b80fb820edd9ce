select name, position, data_set, columns, file_format, destination, every, at_hour, days, enabled
from control.tenant_exports
where tenant_id = %(tenant_id)s
order by position
