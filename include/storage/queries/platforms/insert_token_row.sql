insert into control.oauth_tokens (conn_id, seed)
values (%(conn_id)s, %(seed)s)
on conflict (conn_id) do nothing
