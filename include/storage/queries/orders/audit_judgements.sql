insert into analytics.conversion_audit (tenant_id, conversion_id, cause, detail)
select
    %(tenant_id)s, conversion_id, 'earlier_order', jsonb_build_object('is_new_customer', jsonb_build_array(was_new, is_new))
from judgements
where was_new is not null
