update control.oauth_tokens
set
    seed = %(seed)s,
    access_enc = %(access_enc)s,
    refresh_enc = %(refresh_enc)s,
    issued_at = %(issued_at)s,
    expires_at = %(expires_at)s,
    version = version + 1,
    refreshed_at = clock_timestamp()
where conn_id = %(conn_id)s
returning version
