-- A subtotal as a share of what the tenant measures margins by.

alter table analytics.pnl_daily add column margin numeric(20, 6);
comment on column analytics.pnl_daily.margin is 'amount_minor / net sales, total sales or gross sales, by margin_denominator; subtotals only, null where either is not known or the denominator is not above 0';
