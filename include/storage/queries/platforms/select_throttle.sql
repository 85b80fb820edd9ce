select state, not_before, reason, strikes, credential
from control.api_throttles
where scope = %(scope)s
