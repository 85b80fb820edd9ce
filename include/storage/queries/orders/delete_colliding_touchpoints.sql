delete from stage_touchpoints
using analytics.touchpoints
where
    touchpoints.tenant_id = %(tenant_id)s
    and touchpoints.touchpoint_id = stage_touchpoints.touchpoint_id
    and (touchpoints.source_system, touchpoints.external_id)
        is distinct from (stage_touchpoints.source_system, stage_touchpoints.external_id)
returning stage_touchpoints.line, 'touch_id' as field, coalesce(stage_touchpoints.external_id, '') as external_id
