-- A brand's day is known when each of its shops' is, and a view's columns say what they hold as its tables' do.

do $$
begin
    -- Brands, grants and published rates are the first database's; a portfolio is looked at there.
    if to_regclass('control.fx_rates') is null then
        return;
    end if;
    create or replace view analytics.v_brand_daily with (security_invoker = true) as
    with shops as (
        select tenant_id, slug, coalesce(brand, name) as brand, currency
        from control.tenants
        where status <> 'offboarded'
    ),
    reporting as (select distinct brand, currency from shops),
    began as (
        select shops.tenant_id, shops.brand, min(days.day) as first_day
        from shops
        join analytics.metrics_daily as days using (tenant_id)
        group by shops.tenant_id, shops.brand
    ),
    brand_days as (
        select distinct shops.brand, days.day
        from shops
        join analytics.metrics_daily as days using (tenant_id)
    ),
    converted as (
        select
            shops.brand, brand_days.day, reporting.currency, shops.slug, days.tenant_id is not null as is_stored, days.is_final,
            days.orders, days.cancelled_orders, days.new_customer_orders, days.gross, days.discounts, days.returns, days.net_sales,
            days.shipping, days.tax, days.total_sales, days.ad_spend, days.incomplete, quotes.rate_date,
            case
                when days.currency = reporting.currency then 1
                when quotes.rate_date is not null then coalesce(quotes.wanted, 1) / coalesce(quotes.own, 1)
            end as rate
        from brand_days
        join began on began.brand = brand_days.brand and began.first_day <= brand_days.day
        join shops on shops.tenant_id = began.tenant_id
        join reporting on reporting.brand = brand_days.brand
        left join analytics.metrics_daily as days on days.tenant_id = began.tenant_id and days.day = brand_days.day
        left join lateral (
            -- Euro reference rates; both quotes are of one working day, the euro itself has none.
            select
                rate_date,
                max(rate) filter (where quote = reporting.currency) as wanted,
                max(rate) filter (where quote = days.currency) as own
            from control.fx_rates
            where source = 'ecb' and base = 'EUR' and quote in (reporting.currency, days.currency)
              and rate_date between days.day - 7 and days.day
            group by rate_date
            having count(*) = (reporting.currency <> 'EUR')::integer + (days.currency <> 'EUR')::integer
            order by rate_date desc
            limit 1
        ) as quotes on days.currency <> reporting.currency
    )
    select
        brand, day, currency, count(*) as shops, bool_and(coalesce(is_final, false)) as is_final,
        case when bool_and(is_stored) then sum(orders) end as orders,
        case when bool_and(is_stored) then sum(cancelled_orders) end as cancelled_orders,
        case when bool_and(is_stored) then sum(new_customer_orders) end as new_customer_orders,
        case when count(gross * rate) = count(*) then round(sum(gross * rate), 6) end as gross,
        case when count(discounts * rate) = count(*) then round(sum(discounts * rate), 6) end as discounts,
        case when count(returns * rate) = count(*) then round(sum(returns * rate), 6) end as returns,
        case when count(net_sales * rate) = count(*) then round(sum(net_sales * rate), 6) end as net_sales,
        case when count(shipping * rate) = count(*) then round(sum(shipping * rate), 6) end as shipping,
        case when count(tax * rate) = count(*) then round(sum(tax * rate), 6) end as tax,
        case when count(total_sales * rate) = count(*) then round(sum(total_sales * rate), 6) end as total_sales,
        case when count(ad_spend * rate) = count(*) then round(sum(ad_spend * rate), 6) end as ad_spend,
        case
            when count(ad_spend * rate) = count(*) and count(net_sales * rate) = count(*) and sum(ad_spend * rate) > 0
                then round(sum(net_sales * rate) / sum(ad_spend * rate), 6)
        end as mer,
        min(rate_date) as rates_from,
        nullif(
            concat_ws(
                '; ',
                string_agg(slug || ': day not stored', '; ' order by slug) filter (where not is_stored),
                string_agg(slug || ': no euro reference rate of the week before', '; ' order by slug)
                    filter (where is_stored and rate is null),
                string_agg(slug || ': ' || (incomplete ->> 'ad_spend'), '; ' order by slug) filter (where incomplete ? 'ad_spend'),
                string_agg(slug || ': ' || (incomplete ->> 'sales'), '; ' order by slug) filter (where incomplete ? 'sales')
            ),
            ''
        ) as incomplete
    from converted
    group by brand, day, currency;
    comment on view analytics.v_brand_daily is 'A brand''s shops together, each with its own calendar''s day, in every currency that one of them reports in: choose one, never add two. Money at the euro reference rates of the day or the last working day before (at most 7 days old, rates_from is the oldest used); null where a shop''s day (from its first stored one on), figure or rate is not known, with the shop and its reason in incomplete. mer: net_sales / ad_spend. Shops that the reader was not granted are not in it.';
end
$$;

-- What a view computes, or holds otherwise than the table's column of the same name.
create temporary table spoken (view text, name text, words text) on commit drop;
insert into spoken values
    ('v_sales_daily', 'incomplete', 'why sales of the day are not whole, null when they are'),
    ('v_marketing_daily', 'incomplete', 'why ad_spend of the day is not known, null when it is'),
    ('v_brand_daily', 'brand', 'brand of the shops, or the name of a shop without one'),
    ('v_brand_daily', 'day', 'calendar day, of each shop in its own zone'),
    ('v_brand_daily', 'currency', 'ISO 4217, one that a shop of the brand reports in: that of all money of the row'),
    ('v_brand_daily', 'shops', 'shops of the brand that the row is of: those whose first stored day is not later'),
    ('v_brand_daily', 'is_final', 'the day is stored and final for every shop'),
    ('v_brand_daily', 'mer', 'net_sales / ad_spend of all shops; a multiple; null where the denominator is 0 or either is not known'),
    ('v_brand_daily', 'rates_from', 'day of the oldest euro reference rate used; null: none was needed'),
    ('v_brand_daily', 'incomplete', 'per shop, why the day is not whole; null when it is'),
    ('v_conversion_attribution', 'attribution_first', 'first touch: jsonb, channel -> minor units of currency, summing to value_minor; null while pending or excluded'),
    ('v_conversion_attribution', 'attribution_last', 'last touch: jsonb, channel -> minor units of currency, summing to value_minor; null while pending or excluded'),
    ('v_conversion_attribution', 'attribution_linear', 'linear: jsonb, channel -> minor units of currency, summing to value_minor; null while pending or excluded'),
    ('v_conversion_attribution', 'attribution_time_decay', 'time decay: jsonb, channel -> minor units of currency, summing to value_minor; null while pending or excluded'),
    ('v_conversion_attribution', 'attribution_position', 'position based: jsonb, channel -> minor units of currency, summing to value_minor; null while pending or excluded'),
    ('v_conversion_attribution', 'attribution_data_driven', 'data-driven: jsonb, channel -> minor units of currency, summing to value_minor; null while pending, excluded or without a champion'),
    ('v_conversion_attribution', 'conversion_id', 'conversion, equal to order_id: one per order'),
    ('v_spend_match', 'account_id', 'the platform''s account id, digits'),
    ('v_spend_match', 'spend', 'spend of the account''s day, campaigns and what no campaign explains; major units of currency'),
    ('v_spend_match', 'spend_by_id', 'the part on campaigns that touches met by utm_id; major units of currency'),
    ('v_spend_match', 'spend_by_name', 'the part on campaigns that touches met by exact name; major units of currency'),
    ('v_spend_match', 'spend_by_rule', 'the part on campaigns that touches met by the tenant''s rule; major units of currency'),
    ('v_spend_match', 'spend_unmatched', 'the part that no touch met, residual included; major units of currency'),
    ('v_spend_match', 'matched_share', 'share of spend on campaigns met, 0 to 1; null where nothing was spent'),
    ('v_spend_match_share', 'first_day', 'first account-local day of spend stored'),
    ('v_spend_match_share', 'last_day', 'last account-local day of spend stored'),
    ('v_spend_match_share', 'spend', 'all stored spend whose days have a rate; major units of the tenant''s currency'),
    ('v_spend_match_share', 'spend_unmatched', 'the part that no touch met; major units of the tenant''s currency'),
    ('v_spend_match_share', 'unmatched_share', 'spend_unmatched / spend, 0 to 1; null where nothing was spent'),
    ('v_spend_match_share', 'days_without_rate', 'account days with spend that are not in it: their currency has no rate that day'),
    ('v_delivery', 'utc_day', 'UTC day of the events'),
    ('v_delivery', 'events', 'number of events'),
    ('v_delivery', 'value_minor', 'sum of the events'' declared values; minor units of currency'),
    ('v_delivery', 'sent_value_minor', 'sum of the values as sent; minor units of currency'),
    ('v_delivery_rate', 'eligible', 'events of the day less those skipped'),
    ('v_delivery_rate', 'delivery_rate', 'confirmed / eligible, 0 to 1; null without any'),
    ('v_delivery_rate', 'unproven_share', 'accepted or in doubt / eligible, 0 to 1; null without any');

do $$
declare
    found record;
begin
    for found in
        select
            views.relname as view,
            columns.attname as name,
            coalesce(
                spoken.words,
                case
                    when views.relname = 'v_brand_daily'
                        then 'sum over the shops, null where one is not known: '
                            || replace(inherited.words, 'the tenant''s currency', 'currency')
                    else inherited.words
                end
            ) as words
        from pg_class as views
        join pg_attribute as columns on columns.attrelid = views.oid and columns.attnum > 0
        left join spoken on spoken.view = views.relname and spoken.name = columns.attname
        left join lateral (
            -- A view's rule depends on each column of its tables that it reads.
            select min(col_description(tables.oid, read.attnum)) as words
            from pg_rewrite as rules
            join pg_depend as uses
                on uses.classid = 'pg_rewrite'::regclass and uses.objid = rules.oid and uses.refclassid = 'pg_class'::regclass
            join pg_class as tables on tables.oid = uses.refobjid and tables.oid <> views.oid
            join pg_attribute as read
                on read.attrelid = tables.oid and read.attnum = uses.refobjsubid and read.attname = columns.attname
            where rules.ev_class = views.oid
        ) as inherited on true
        where views.relkind = 'v' and views.relnamespace = 'analytics'::regnamespace
    loop
        if found.words is not null then
            execute format('comment on column analytics.%I.%I is %L', found.view, found.name, found.words);
        end if;
    end loop;
end
$$;
