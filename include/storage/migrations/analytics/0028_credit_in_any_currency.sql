-- What is credited is no matter of its currency: only a conversion that waits for a rate is left alone.

drop function analytics.selected_conversions(bigint, timestamptz, timestamptz, text, timestamptz, bigint[]);

create function analytics.selected_conversions(
    of_tenant bigint, from_instant timestamptz, to_instant timestamptz, due_at timestamptz, ids bigint[]
) returns setof analytics.conversions
language sql
stable
as $$
    select *
    from analytics.conversions
    where
        tenant_id = of_tenant
        and occurred_at >= from_instant
        and occurred_at < to_instant
        and status <> 'excluded'
        and reason is distinct from 'no_fx_rate'
        and (due_at is null or (status = 'pending' and (next_attempt_at is null or next_attempt_at <= due_at)))
        and (selected_conversions.ids is null or conversion_id = any(selected_conversions.ids))
$$;
comment on function analytics.selected_conversions is
    'Conversions of a tenant with from_instant <= occurred_at < to_instant (UTC), neither excluded nor waiting for a rate of their currency; with due_at only pending ones that are due then; with ids only those.';

comment on table analytics.exchange_rates is 'What one unit of a currency is worth in the tenant''s currency on a day, for every currency in which the tenant has accounts or figures, its own included. Cost and value of a day take the same row. Written by sync_fx_rates from control.fx_rates: 1,200 days up to the tenant''s tomorrow; older rows stay.';
comment on column analytics.attribution_metrics_daily.incomplete is 'why spend_minor is not known, or which currency''s credit has no rate and is left out of the money; null when nothing is missing';
comment on column analytics.attribution_metrics_daily.revenue_minor is 'credited value of orders, refunds ignored; minor units of currency; by attribution_clock; sums over channels, (unattributed) included, to the value of the day''s conversions in every model; converted by the rate of the order''s day';
comment on column analytics.attribution_metrics_daily.adjustments_minor is 'what refunds and cancellations take back of credit, negative; minor units of currency; by refund_recognition; converted by the rate of the order''s day, as the credit was';
comment on column analytics.metrics_daily.attributed_revenue is 'value of attributed_orders, refunds ignored; major units of the tenant''s currency; a day''s value in another currency is converted by the day''s rate, rounded once; named in incomplete without one';
comment on column analytics.metrics_daily.unattributed_revenue is 'value of unattributed_orders, refunds ignored; major units of the tenant''s currency; a day''s value in another currency is converted by the day''s rate, rounded once; named in incomplete without one';
