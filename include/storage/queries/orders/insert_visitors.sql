insert into analytics.visitors (tenant_id, visitor_id, external_id)
select %(tenant_id)s, stage_people.id, min(stage_people.external_id)
from stage_people
left join analytics.visitors on visitors.tenant_id = %(tenant_id)s and visitors.visitor_id = stage_people.id
where stage_people.field = 'visitor_id' and visitors.visitor_id is null
group by stage_people.id
