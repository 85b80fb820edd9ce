-- Where touches were added or taken away: the state before (was_there) and after of every touch that a journey can see.
create temporary table touch_changes (
    touchpoint_id bigint not null,
    visitor_id bigint not null,
    occurred_at timestamptz not null,
    type text not null,
    consent text,
    was_there boolean not null
) on commit drop
