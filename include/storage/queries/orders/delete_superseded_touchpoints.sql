-- Of several rows of one touch_id the last one is its state.
delete from stage_touchpoints as earlier
using (
    select touchpoint_id, max(line) as last_line
    from stage_touchpoints
    group by touchpoint_id
    having count(*) > 1
) as repeated
where earlier.touchpoint_id = repeated.touchpoint_id and earlier.line < repeated.last_line
