delete from analytics.attribution_credits
where tenant_id = %(tenant_id)s and conversion_id = any(%(ids)s)
