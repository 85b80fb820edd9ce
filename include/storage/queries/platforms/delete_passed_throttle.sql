delete from control.api_throttles
where scope = %(scope)s and (not_before <= %(now)s or credential <> %(credential)s)
