-- A digest tells the engine what a row holds; of rows that do not sum it is not believed, so that all are written anew.
update analytics.attribution_credits
set row_digest = 0
where tenant_id = %(tenant_id)s and conversion_id = any(%(ids)s)
