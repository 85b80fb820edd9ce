insert into adjusted_conversions (conversion_id)
select unnest(%(ids)s::bigint[])
