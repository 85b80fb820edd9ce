insert into analytics.campaign_map as map (
    tenant_id, platform, account_id, entity_id, match, pattern, valid_from, last_touch_on
)
select
    %(tenant_id)s,
    platform,
    account_id,
    campaign_id,
    match,
    pattern,
    valid_from,
    max((touch_clues.occurred_at at time zone %(timezone)s)::date)
from touch_clues
join met_clues as met
    on met.clue = touch_clues.clue
    and touch_clues.occurred_at >= met.from_instant
    and touch_clues.occurred_at < met.to_instant
group by platform, account_id, campaign_id, match, pattern, valid_from
on conflict (tenant_id, platform, account_id, entity_id, match, pattern, valid_from) do update
set last_touch_on = greatest(map.last_touch_on, excluded.last_touch_on)
