create temporary table stage_contexts (
    order_id bigint not null,
    ga_client_id text,
    ga_session_id text,
    fbp text,
    fbc text,
    ttclid text,
    ttp text,
    ip text,
    user_agent text,
    landing_url text,
    identifiers text not null,
    consent text not null,
    consent_source text,
    consent_at timestamptz
) on commit drop
