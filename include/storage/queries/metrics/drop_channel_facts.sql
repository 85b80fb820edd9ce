drop table if exists path_credit, unrated_credit, credit_by_day, value_by_day, adjusted_by_day, spend_by_campaign, views_by_campaign, stage_channels
