-- What analysts read, one view per domain: stable names and columns, without the bookkeeping of the jobs.
-- security_invoker: the policies of the reader apply, not those of the owner.

create view analytics.v_sales_daily with (security_invoker = true) as
select tenant_id, day, is_final, currency, orders, cancelled_orders, gross, discounts, returns, net_sales, shipping, tax, tips,
       other_charges, gift_cards, total_sales, order_value, aov, return_rate, discount_rate,
       incomplete ->> 'sales' as incomplete
from analytics.metrics_daily;
comment on view analytics.v_sales_daily is 'Sales of a tenant-local day in major units of currency, as the tenant''s preferences have them; null is not known, with its reason in incomplete. Columns: as analytics.metrics_daily.';

create view analytics.v_customers_daily with (security_invoker = true) as
select tenant_id, day, is_final, currency, new_customers, returning_customers, new_customer_orders, returning_customer_orders,
       unknown_customer_orders, new_customer_net_sales, returning_customer_net_sales, new_customer_share, cac
from analytics.metrics_daily;
comment on view analytics.v_customers_daily is 'New and returning customers of a tenant-local day; days of returning customers do not add up to a period. Columns: as analytics.metrics_daily.';

create view analytics.v_marketing_daily with (security_invoker = true) as
select tenant_id, day, is_final, currency, ad_spend, ad_spend_known, impressions, clicks, sessions, roas, mer, acos, amer, cpa, cac, cpm,
       cpc, ctr, conversion_rate, revenue_per_session, attributed_orders, unattributed_orders, unattributed_share,
       incomplete ->> 'ad_spend' as incomplete
from analytics.metrics_daily;
comment on view analytics.v_marketing_daily is 'Spend of all ad accounts in the tenant''s currency and what came of it, by tenant-local day; null is not known, with its reason in incomplete. Columns: as analytics.metrics_daily.';

create view analytics.v_channels_daily with (security_invoker = true) as
select tenant_id, day, is_final, clock, model, channel, platform, campaign_id, campaign, currency, conversions, new_customer_conversions,
       revenue_minor, new_customer_revenue_minor, adjustments_minor, spend_minor, impressions, clicks, view_through_conversions, roas,
       cpa_minor, ncac_minor, incomplete
from analytics.attribution_metrics_daily;
comment on view analytics.v_channels_daily is 'Credit and spend by day, channel and campaign: sum over channels within one model and one clock, never over models or clocks. Columns: as analytics.attribution_metrics_daily.';

create view analytics.v_profit_daily with (security_invoker = true) as
select tenant_id, day, is_final, position, line, layer, is_subtotal, amount_minor, currency, coverage, incomplete
from analytics.pnl_daily;
comment on view analytics.v_profit_daily is 'Profit and loss of a tenant-local day, a row per line from gross sales to net profit; subtotals repeat what stands above them. Columns: as analytics.pnl_daily.';

create view analytics.v_cohorts with (security_invoker = true) as
select tenant_id, cohort, channel, horizon_days, customers, spend, value, ltv, cac, ltv_cac, payback_days, currency, incomplete
from analytics.metrics_cohorts;
comment on view analytics.v_cohorts is 'Customers by the month and channel of their first order, and what they are worth at an age; null while one is younger. Columns: as analytics.metrics_cohorts.';

grant select on
    analytics.v_sales_daily, analytics.v_customers_daily, analytics.v_marketing_daily, analytics.v_channels_daily,
    analytics.v_profit_daily, analytics.v_cohorts
to analytics_jobs, analytics_reader;

do $$
begin
    -- Brands, grants and published rates are the first database's; a portfolio is looked at there.
    if to_regclass('control.fx_rates') is not null then
        create view analytics.v_brand_daily with (security_invoker = true) as
        with shops as (
            select tenant_id, slug, coalesce(brand, name) as brand, currency
            from control.tenants
            where status <> 'offboarded'
        ),
        reporting as (select distinct brand, currency from shops),
        converted as (
            select
                shops.brand, days.day, reporting.currency, shops.slug, days.is_final, days.orders, days.cancelled_orders,
                days.new_customer_orders, days.gross, days.discounts, days.returns, days.net_sales, days.shipping, days.tax,
                days.total_sales, days.ad_spend, days.incomplete, quotes.rate_date,
                case
                    when days.currency = reporting.currency then 1
                    when quotes.rate_date is not null then coalesce(quotes.wanted, 1) / coalesce(quotes.own, 1)
                end as rate
            from shops
            join reporting using (brand)
            join analytics.metrics_daily as days using (tenant_id)
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
            brand, day, currency, count(*) as shops, bool_and(is_final) as is_final, sum(orders) as orders,
            sum(cancelled_orders) as cancelled_orders, sum(new_customer_orders) as new_customer_orders,
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
                    string_agg(slug || ': no euro reference rate of the week before', '; ' order by slug) filter (where rate is null),
                    string_agg(slug || ': ' || (incomplete ->> 'ad_spend'), '; ' order by slug) filter (where incomplete ? 'ad_spend'),
                    string_agg(slug || ': ' || (incomplete ->> 'sales'), '; ' order by slug) filter (where incomplete ? 'sales')
                ),
                ''
            ) as incomplete
        from converted
        group by brand, day, currency;
        comment on view analytics.v_brand_daily is 'A brand''s shops together, each with its own calendar''s day, in every currency that one of them reports in: choose one, never add two. Money at the euro reference rates of the day or the last working day before (at most 7 days old, rates_from is the oldest used); null where a shop''s figure or rate is not known, with the shop and its reason in incomplete. mer: net_sales / ad_spend. Shops that the reader was not granted are not in it.';
        grant select on analytics.v_brand_daily to analytics_reader;
    end if;
end
$$;
