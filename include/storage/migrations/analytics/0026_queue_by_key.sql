-- Whatever the queue's statistics say, a large update leaves it in no time. Joined with the updated rows, the queue was
-- planned as the empty one that vacuum had seen, and a backfill's step then took minutes. The ids are given as values
-- now, planned for each time: either the key finds them, or one pass over the tenant's queue with a hash of them.

create or replace function analytics.queue_pending_conversions() returns trigger language plpgsql as $$
declare
    waited record;
begin
    if tg_op <> 'INSERT' then
        for waited in
            select tenant_id, array_agg(conversion_id) as conversion_ids
            from before
            where status = 'pending'
            group by tenant_id
        loop
            execute 'delete from analytics.attribution_queue where tenant_id = $1 and conversion_id = any ($2)'
            using waited.tenant_id, waited.conversion_ids;
        end loop;
    end if;
    if tg_op <> 'DELETE' then
        insert into analytics.attribution_queue (tenant_id, conversion_id, due_at)
        select after.tenant_id, after.conversion_id, coalesce(after.next_attempt_at, '-infinity')
        from after
        where status = 'pending';
    end if;
    return null;
end
$$;
