insert into analytics.order_context (
    tenant_id, order_id, ga_client_id, ga_session_id, fbp, fbc, ttclid, ttp, ip, user_agent, landing_url, identifiers,
    consent, consent_source, consent_at
)
select
    %(tenant_id)s, order_id, ga_client_id, ga_session_id, fbp, fbc, ttclid, ttp, ip, user_agent, landing_url,
    identifiers::jsonb, consent::jsonb, consent_source, consent_at
from order_changes
join stage_contexts using (order_id)
where order_changes.rewritten
