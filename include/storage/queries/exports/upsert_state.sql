insert into analytics.export_states (tenant_id, name, slot_at, manifest_sha256, run_id, exported_at)
values (%(tenant_id)s, %(export)s, %(slot_at)s, %(manifest_sha256)s, %(run_id)s, %(exported_at)s)
on conflict (tenant_id, name) do update
set
    slot_at = excluded.slot_at,
    manifest_sha256 = excluded.manifest_sha256,
    run_id = excluded.run_id,
    exported_at = excluded.exported_at
