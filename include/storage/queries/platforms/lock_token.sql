select seed, access_enc, refresh_enc, issued_at, expires_at, version
from control.oauth_tokens
where conn_id = %(conn_id)s
for update
