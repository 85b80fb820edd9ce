-- An unattributed conversion keeps its adjustments: they are minus its own value.
delete from analytics.credit_adjustments as adjustments
where
    adjustments.tenant_id = %(tenant_id)s
    and adjustments.conversion_id = any(%(ids)s)
    and not exists (
        select 1
        from analytics.conversions
        where
            conversions.tenant_id = %(tenant_id)s
            and conversions.conversion_id = adjustments.conversion_id
            and conversions.run_id is not null
            and conversions.status <> 'excluded'
    )
