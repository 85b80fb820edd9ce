-- A run that is repeated after its commit finds its facts and leaves them.
insert into analytics.delivery_facts (
    tenant_id, destination_id, method, window_from, window_to, order_id, event_name, event_seq, run_id, as_of, verdict,
    proof, expected, observed, expected_minor, observed_minor, currency, guards, digest, detail
)
select
    %(tenant_id)s, %(destination_id)s, facts.method, facts.window_from, facts.window_to, facts.order_id,
    facts.event_name, facts.event_seq, %(run_id)s, %(now)s, facts.verdict, facts.proof, facts.expected,
    facts.observed, facts.expected_minor, facts.observed_minor, facts.currency, facts.guards,
    decode(facts.digest, 'hex'), facts.detail
from jsonb_to_recordset(%(facts)s::jsonb) as facts (
    method text, window_from timestamptz, window_to timestamptz, order_id bigint, event_name text, event_seq bigint,
    verdict text, proof smallint, expected bigint, observed bigint, expected_minor bigint, observed_minor bigint,
    currency text, guards text[], digest text, detail jsonb
)
on conflict do nothing
