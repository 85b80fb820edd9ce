insert into control.operating_costs (tenant_id, name, kind, amount, per, valid_from, valid_to)
values (%(tenant_id)s, %(name)s, %(kind)s, %(amount)s, %(per)s, %(valid_from)s, %(valid_to)s)
