select distinct on (clue)
    clue, click_platform, source, medium, campaign, content, term, utm_id, parameters, landing_page, referrer
from touch_clues
order by clue
