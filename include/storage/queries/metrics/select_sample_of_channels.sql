select day::text as day, clock, model, channel, campaign, conversions::text as conversions, revenue_minor, spend_minor
from stage_channels
order by day desc, clock, model, revenue_minor desc, channel, campaign
limit 20
