-- What the tenant's rows cannot know yet, of any age: edits without the state after them, and input put aside.
select
    (select count(*) from analytics.awaited_edits where tenant_id = %(tenant_id)s) as edits,
    (select count(*) from analytics.quarantine where tenant_id = %(tenant_id)s and resolved_at is null) as quarantined
