-- The bookmark moves only over days that join up with what is stored; days read apart leave it where it is.
update analytics.ad_account_syncs
set data_through = case
        when data_through is null or (%(date_from)s::date <= data_through + 1 and %(last_day)s::date > data_through)
            then %(last_day)s::date
        else data_through
    end,
    status = %(status)s,
    load_id = %(load_id)s,
    synced_at = %(now)s
where tenant_id = %(tenant_id)s and platform = %(platform)s and account_id = %(account_id)s
