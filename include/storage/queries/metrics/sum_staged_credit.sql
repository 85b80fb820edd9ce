select channel, sum(revenue_minor)::bigint as revenue_minor
from stage_channels
where model = %(model)s and clock = %(clock)s
group by channel
