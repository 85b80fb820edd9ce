drop table if exists stage_orders, stage_touchpoints, stage_people, touch_matches, journey_settings, order_changes,
touch_changes, evidence_changes, identity_changes, person_visitors, restitched, wanted_conversions, affected_people,
journey_visitors, reopenings, judgements, refund_changes, stage_lines, stage_contexts, stage_refunds, stage_edits,
stage_edited_lines, refund_matches
