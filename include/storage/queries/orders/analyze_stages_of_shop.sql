analyze stage_lines, stage_contexts, stage_refunds, stage_edits
