-- What becomes of an event that a vendor may have received, where a repeat is not sure to be recognised.
alter table control.tenant_destinations
    add column in_doubt text not null default 'hold'
    constraint tenant_destinations_in_doubt check (in_doubt in ('hold', 'prove', 'resend'));
comment on column control.tenant_destinations.in_doubt is 'of Meta: hold: a person decides; prove: requeued once the vendor''s counts prove that none arrived; resend: sent again under the same event_id within 48 h. GA4 and TikTok recognise a repeat and always resend';
