delete from analytics.metrics_hourly as stored
where
    stored.tenant_id = %(tenant_id)s
    and stored.day >= %(first)s
    and stored.day < %(last)s
    and not exists (
        select 1
        from stage_hours as staged
        where
            staged.hour = stored.hour
            and (staged.day, staged.currency, staged.orders, staged.gross, staged.discounts, staged.returns,
                 staged.net_sales, staged.total_sales, staged.new_customer_orders, staged.sessions,
                 staged.incomplete, staged.preference_version, staged.catalogue_version)
                is not distinct from
                (stored.day, stored.currency, stored.orders, stored.gross, stored.discounts, stored.returns,
                 stored.net_sales, stored.total_sales, stored.new_customer_orders, stored.sessions,
                 stored.incomplete, stored.preference_version, stored.catalogue_version)
    )
returning stored.day
