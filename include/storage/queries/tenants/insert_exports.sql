insert into control.tenant_exports
    (tenant_id, name, position, data_set, columns, file_format, destination, every, at_hour, days, enabled)
values (
    %(tenant_id)s, %(name)s, %(position)s, %(data_set)s, %(columns)s::text[], %(file_format)s, %(destination)s,
    %(every)s, %(at_hour)s, %(days)s, %(enabled)s
)
