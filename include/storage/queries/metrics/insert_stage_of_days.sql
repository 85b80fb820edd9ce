-- The days' snapshots but for their quotients, which the catalogue computes. A sum of which a part is missing is what is
-- known, named in incomplete; spend of which a day is missing would only mislead, and is null.
insert into stage_days (
    tenant_id, day, is_final, closed_at, data_through, incomplete, currency,
    orders, cancelled_orders, gross, discounts, returns, net_sales, shipping, tax, tips, other_charges, gift_cards,
    total_sales, after_discounts, order_value,
    new_customers, returning_customers, new_customer_orders, returning_customer_orders, unknown_customer_orders,
    known_customer_orders, new_customer_net_sales, returning_customer_net_sales,
    ad_spend, ad_spend_known, cac_spend, impressions, clicks, sessions,
    attributed_orders, unattributed_orders, pending_orders, eligible_orders, attributed_revenue, unattributed_revenue,
    path_touches, path_hours, unattributed_reasons, preference_version, catalogue_version, run_id, changed_at,
    priced_orders
)
select
    %(tenant_id)s,
    days.day,
    days.day < %(final_before)s::date,
    coalesce(stored.closed_at, case when days.day < %(today)s::date then %(now)s::timestamptz end),
    jsonb_build_object(
        'sales', to_char(least(days.ends_at, %(sales_through)s::timestamptz) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        'spend', spend.data_through
    ),
    jsonb_strip_nulls(jsonb_build_object('sales', sales.reason, 'ad_spend', spend.reason, 'attribution', credit.reason)),
    %(currency)s,
    coalesce(sales.orders, 0),
    coalesce(sales.cancelled_orders, 0),
    known.gross,
    known.discounts,
    known.returns,
    known.gross - known.discounts - known.returns
        + case when %(net_with_shipping)s::boolean then known.shipping else 0 end
        + case when %(net_with_tax)s::boolean then known.tax else 0 end,
    known.shipping,
    known.tax,
    known.tips,
    known.other,
    known.gift_cards,
    known.gross - known.discounts - known.returns + known.shipping + known.tax + known.tips + known.other,
    known.gross - known.discounts,
    known.order_value,
    coalesce(people.new_customers, 0),
    coalesce(people.returning_customers, 0),
    coalesce(sales.new_customer_orders, 0),
    coalesce(sales.returning_customer_orders, 0),
    coalesce(sales.unknown_customer_orders, 0),
    coalesce(sales.new_customer_orders + sales.returning_customer_orders, 0),
    known.new_net_sales,
    known.returning_net_sales,
    case when spend.reason is null then coalesce(spend.spend, 0) end,
    coalesce(spend.spend, 0),
    case when spend.reason is null then coalesce(spend.spend, 0) end,
    case when spend.reason is null then coalesce(spend.impressions, 0) end,
    case when spend.reason is null then coalesce(spend.clicks, 0) end,
    coalesce(sessions.sessions, 0),
    coalesce(conversions.attributed, 0),
    coalesce(conversions.unattributed, 0),
    coalesce(conversions.pending, 0),
    coalesce(conversions.attributed + conversions.unattributed, 0),
    coalesce(credit.attributed_minor, 0) / power(10::numeric, %(exponent)s),
    coalesce(credit.unattributed_minor, 0) / power(10::numeric, %(exponent)s),
    coalesce(paths.touches, 0),
    coalesce(paths.hours, 0),
    coalesce(reasons.reasons, '{}'),
    %(preference_version)s,
    %(catalogue_version)s,
    %(run_id)s,
    %(now)s,
    coalesce(sales.priced_orders, 0)
from unnest(%(days)s::date[], %(ends)s::timestamptz[]) as days (day, ends_at)
left join analytics.metrics_daily as stored on stored.tenant_id = %(tenant_id)s and stored.day = days.day
left join day_sales as sales on sales.day = days.day
left join lateral (
    select
        case when sales.day is null then 0 else sales.gross end as gross,
        case when sales.day is null then 0 else sales.discounts end as discounts,
        case when sales.day is null then 0 else sales.returns end as returns,
        case when sales.day is null then 0 else sales.shipping end as shipping,
        case when sales.day is null then 0 else sales.tax end as tax,
        case when sales.day is null then 0 else sales.tips end as tips,
        case when sales.day is null then 0 else sales.other end as other,
        case when sales.day is null then 0 else sales.gift_cards end as gift_cards,
        case when sales.day is null then 0 else sales.order_value end as order_value,
        case when sales.day is null then 0 else sales.new_net_sales end as new_net_sales,
        case when sales.day is null then 0 else sales.returning_net_sales end as returning_net_sales
) as known on true
left join (
    select
        day,
        case when bool_and(data_through is not null) filter (where is_configured) then min(data_through) filter (where is_configured) end
            as data_through,
        sum(spend) as spend,
        sum(impressions)::bigint as impressions,
        sum(clicks)::bigint as clicks,
        string_agg(reason, '; ' order by platform, account_id) as reason
    from day_spend
    group by day
) as spend on spend.day = days.day
left join (
    select
        day,
        count(distinct person) filter (where is_new) as new_customers,
        count(distinct person) filter (where not is_new) as returning_customers
    from sales_events
    where kind = 'sale'
    group by day
) as people on people.day = days.day
left join (
    select
        day,
        count(*) filter (where status = 'attributed') as attributed,
        count(*) filter (where status = 'unattributed') as unattributed,
        count(*) filter (where status = 'pending') as pending
    from day_conversions
    group by day
) as conversions on conversions.day = days.day
left join day_credit as credit on credit.day = days.day
left join (
    select day, jsonb_object_agg(reason, number) as reasons
    from (
        select day, coalesce(reason, 'unknown') as reason, count(*) as number
        from day_conversions
        where status = 'unattributed'
        group by day, coalesce(reason, 'unknown')
    ) as counted
    group by day
) as reasons on reasons.day = days.day
left join day_paths as paths on paths.day = days.day
left join day_sessions as sessions on sessions.day = days.day
