drop table if exists known_campaigns, path_credit, unrated_credit, credit_by_day, value_by_day, adjusted_by_day, day_spend,
    spend_by_campaign, views_by_campaign, stage_channels
