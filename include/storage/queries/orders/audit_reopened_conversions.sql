insert into analytics.conversion_audit (tenant_id, conversion_id, cause, detail)
select
    %(tenant_id)s,
    reopenings.conversion_id,
    reopenings.cause,
    jsonb_strip_nulls(jsonb_build_object(
        'touchpoint_id', reopenings.touchpoint_id, 'visitor_id', reopenings.visitor_id
    ))
from reopenings
join analytics.conversions using (conversion_id)
where conversions.tenant_id = %(tenant_id)s and conversions.status in ('attributed', 'unattributed')
