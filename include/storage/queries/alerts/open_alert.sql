insert into control.alerts as alert (tenant_id, rule, subject, detail)
values (%(tenant_id)s, %(rule)s, %(subject)s, %(detail)s)
on conflict (tenant_id, rule, subject) where resolved_at is null do update
set detail = excluded.detail
where alert.detail <> excluded.detail
