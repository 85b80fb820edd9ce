analyze order_changes, touch_changes, evidence_changes
