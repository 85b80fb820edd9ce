-- What analysts read. security_invoker: the policies of the reader apply, not those of the owner.

create view analytics.v_conversion_attribution with (security_invoker = true) as
with by_channel as (
    select credits.tenant_id,
           credits.conversion_id,
           touchpoints.channel,
           sum(credits.amount_first_minor)::bigint as first_minor,
           sum(credits.amount_last_minor)::bigint as last_minor,
           sum(credits.amount_linear_minor)::bigint as linear_minor,
           sum(credits.amount_time_decay_minor)::bigint as time_decay_minor,
           sum(credits.amount_position_minor)::bigint as position_minor,
           sum(credits.amount_data_driven_minor)::bigint as data_driven_minor
    from analytics.attribution_credits as credits
    join analytics.touchpoints using (tenant_id, touchpoint_id)
    group by credits.tenant_id, credits.conversion_id, touchpoints.channel
),
credited as (
    select by_channel.tenant_id,
           by_channel.conversion_id,
           jsonb_object_agg(by_channel.channel, by_channel.first_minor) as first,
           jsonb_object_agg(by_channel.channel, by_channel.last_minor) as last,
           jsonb_object_agg(by_channel.channel, by_channel.linear_minor) as linear,
           jsonb_object_agg(by_channel.channel, by_channel.time_decay_minor) as time_decay,
           jsonb_object_agg(by_channel.channel, by_channel.position_minor) as position,
           jsonb_object_agg(by_channel.channel, by_channel.data_driven_minor) filter (where by_channel.data_driven_minor is not null) as data_driven
    from by_channel
    group by by_channel.tenant_id, by_channel.conversion_id
)
select conversions.tenant_id,
       conversions.conversion_id,
       conversions.order_id,
       conversions.occurred_at,
       conversions.status,
       conversions.reason,
       conversions.value_minor,
       conversions.currency,
       conversions.is_new_customer,
       conversions.cancelled_at,
       case conversions.status when 'attributed' then credited.first when 'unattributed' then unattributed.credit end as attribution_first,
       case conversions.status when 'attributed' then credited.last when 'unattributed' then unattributed.credit end as attribution_last,
       case conversions.status when 'attributed' then credited.linear when 'unattributed' then unattributed.credit end as attribution_linear,
       case conversions.status when 'attributed' then credited.time_decay when 'unattributed' then unattributed.credit end as attribution_time_decay,
       case conversions.status when 'attributed' then credited.position when 'unattributed' then unattributed.credit end as attribution_position,
       case conversions.status when 'attributed' then credited.data_driven when 'unattributed' then unattributed.credit end as attribution_data_driven
from analytics.conversions
left join credited using (tenant_id, conversion_id)
cross join lateral (select jsonb_build_object('(unattributed)', conversions.value_minor) as credit) as unattributed;

comment on view analytics.v_conversion_attribution is
    'One row per conversion; per model a jsonb object channel -> integer minor units of currency, summing to value_minor. An unattributed conversion has {"(unattributed)": value_minor}; a pending or excluded one has null.';
grant select on analytics.v_conversion_attribution to analytics_jobs, analytics_reader;
