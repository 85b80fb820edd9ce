-- A day that an ad account lacks has a row of its own among channels; a touch that is met with its campaign changes days.
comment on column analytics.attribution_metrics_daily.campaign is 'the platform''s name of a campaign met, utm_campaign of a touch that is not; (residual): spend that no campaign explains; (not stored): a day that an ad account of the platform lacks, why is in incomplete';
comment on column analytics.attribution_metrics_daily.incomplete is 'why spend_minor is not known, null when it is; on a day that an ad account lacks, also of the platform''s rows without spend, for it may be theirs';
comment on column analytics.ad_account_syncs.data_through is 'last account-local day of the sync''s bookmark, null before the first; up to when spend is stored is read from ad_spend_daily';
comment on column analytics.restate_queue.cause is 'sale, spend, fx, refund, credit, view_through, cost, campaign';
