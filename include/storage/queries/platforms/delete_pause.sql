delete from control.api_throttles
where scope = %(scope)s and state = 'paused'
