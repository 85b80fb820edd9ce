-- What platforms say of views, what foreign money is worth in a tenant's own, and which touches a campaign's spend met.

create table analytics.exchange_rates (
    tenant_id bigint not null,
    currency text not null,
    day date not null,
    rate numeric,
    rate_date date,
    source text,
    settled boolean not null,
    reason text,
    changed_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, currency, day),
    check ((rate is null) <> (reason is null))
);
comment on table analytics.exchange_rates is 'What one unit of a currency is worth in the tenant''s currency on a day, for every currency in which the tenant has accounts or figures, its own included. Cost and value of a day take the same row. Written by sync_fx_rates from control.fx_rates: 1,200 days; older rows stay.';
comment on column analytics.exchange_rates.tenant_id is 'tenant';
comment on column analytics.exchange_rates.currency is 'ISO 4217 code of what is converted';
comment on column analytics.exchange_rates.day is 'calendar day of the figure: the account''s for spend, the tenant''s for sales';
comment on column analytics.exchange_rates.rate is 'major units of the tenant''s currency for one major unit of currency; null: nothing in it is converted';
comment on column analytics.exchange_rates.rate_date is 'day of the quotes: the last ones not after day, null without a rate';
comment on column analytics.exchange_rates.source is 'ecb, tenant:<tenant_id>, or identity for the tenant''s own currency';
comment on column analytics.exchange_rates.settled is 'no later publication changes it';
comment on column analytics.exchange_rates.reason is 'why there is no rate, null where there is one';
comment on column analytics.exchange_rates.changed_at is 'machine time of the last change';

create table analytics.view_through_daily (
    tenant_id bigint not null,
    platform text not null,
    account_id text not null,
    report_date date not null,
    date_basis text not null,
    level text not null,
    entity_id text not null,
    campaign_id text not null,
    adgroup_id text,
    ad_id text,
    action text not null,
    "window" text not null,
    window_days integer,
    count numeric(20, 6) not null,
    value_native numeric(20, 6),
    currency text not null,
    api_version text not null,
    load_id bigint not null,
    fetched_at timestamptz not null,
    primary key (tenant_id, platform, account_id, report_date, level, entity_id, action, "window"),
    check (platform in ('meta', 'google_ads', 'tiktok')),
    check (date_basis in ('impression', 'conversion', 'platform_auto')),
    check (level in ('campaign', 'ad')),
    check ("window" in ('1d_view', '1d_ev', 'vtc', 'vta', 'evta'))
);
comment on table analytics.view_through_daily is 'Purchases that platforms claim for a view without a click, one canonical purchase action per row. They overlap with each other''s and with everybody''s clicks: never added to credit, clicks or platform_conversions. Written by replacing whole days of an account in one transaction. Retention: as ad_spend_daily.';
comment on column analytics.view_through_daily.tenant_id is 'tenant';
comment on column analytics.view_through_daily.platform is 'meta, google_ads or tiktok';
comment on column analytics.view_through_daily.account_id is 'the platform''s account id, digits';
comment on column analytics.view_through_daily.report_date is 'calendar day in the account''s timezone, never shifted';
comment on column analytics.view_through_daily.date_basis is 'what the day is the day of: impression, conversion, or platform_auto where the platform chooses';
comment on column analytics.view_through_daily.level is 'campaign or ad: two views of the same claims, never added up';
comment on column analytics.view_through_daily.entity_id is 'the platform''s id of the entity';
comment on column analytics.view_through_daily.campaign_id is 'campaign of the entity, its own id at level campaign';
comment on column analytics.view_through_daily.adgroup_id is 'ad set or ad group of the entity';
comment on column analytics.view_through_daily.ad_id is 'ad of the entity';
comment on column analytics.view_through_daily.action is 'the one action that was counted, in the platform''s words';
comment on column analytics.view_through_daily."window" is '1d_view, 1d_ev (engaged view), vtc (Google), vta or evta (TikTok, engaged view)';
comment on column analytics.view_through_daily.window_days is 'length of the window in days; null where the platform does not say (TikTok: set per ad group)';
comment on column analytics.view_through_daily.count is 'conversions, fractions where the platform splits them';
comment on column analytics.view_through_daily.value_native is 'their value in major units of currency; null where the platform has none (Google; TikTok''s engaged views)';
comment on column analytics.view_through_daily.currency is 'ISO 4217, the account''s';
comment on column analytics.view_through_daily.api_version is 'version that was asked';
comment on column analytics.view_through_daily.load_id is 'stable hash of the run and the account';
comment on column analytics.view_through_daily.fetched_at is 'business time of the fetch that last changed the day, UTC';

alter table analytics.touchpoints
    add column campaign_match text,
    add check (campaign_match in ('utm_id', 'name', 'rule'));
comment on column analytics.touchpoints.campaign_match is 'how the campaign was found: utm_id (an id that its platform named), name, rule; null: not met. Platform, campaign_id, adset_id and ad_id of such a touch are the platform''s own';
comment on column analytics.touchpoints.campaign_id is 'the platform''s campaign id; as the touch says it while campaign_match is null';

create table analytics.campaign_map (
    tenant_id bigint not null,
    platform text not null,
    account_id text not null,
    entity_id text not null,
    match text not null,
    pattern text not null,
    valid_from date not null,
    last_touch_on date not null,
    primary key (tenant_id, platform, account_id, entity_id, match, pattern, valid_from),
    check (match in ('utm_id', 'name', 'rule'))
);
comment on table analytics.campaign_map is 'Which campaign touches with a certain id, name or rule belong to; one row for each that touches have shown. Retention: as the touches.';
comment on column analytics.campaign_map.tenant_id is 'tenant';
comment on column analytics.campaign_map.platform is 'meta, google_ads or tiktok';
comment on column analytics.campaign_map.account_id is 'ad account of the campaign';
comment on column analytics.campaign_map.entity_id is 'the platform''s campaign id';
comment on column analytics.campaign_map.match is 'utm_id: an id of the campaign, its ad groups or ads; name: the campaign''s exact name; rule: a rule of the tenant''s file';
comment on column analytics.campaign_map.pattern is 'the id, the name, or the rule''s conditions as JSON';
comment on column analytics.campaign_map.valid_from is 'first tenant-local day of touches it holds for; 1970-01-01 from the beginning';
comment on column analytics.campaign_map.last_touch_on is 'tenant-local day of the latest touch it was seen with';

do $$
declare
    name text;
begin
    foreach name in array array['exchange_rates', 'view_through_daily', 'campaign_map'] loop
        execute format('alter table analytics.%I enable row level security', name);
        execute format('alter table analytics.%I force row level security', name);
        execute format(
            'create policy tenant_isolation on analytics.%I to current_user, analytics_jobs
                using (tenant_id = (select nullif(current_setting(''app.tenant_id'', true), '''')::bigint))
                with check (tenant_id = (select nullif(current_setting(''app.tenant_id'', true), '''')::bigint))', name);
        -- A database without control has no grants to readers, and so no readers.
        if to_regclass('control.reader_tenants') is not null then
            execute format(
                'create policy reader_sees_granted on analytics.%I for select to analytics_reader
                    using (tenant_id in (select granted.tenant_id from control.reader_tenants as granted
                                         where granted.role = session_user))', name);
        end if;
        execute format('grant select, insert, update, delete on analytics.%I to analytics_jobs', name);
        execute format('grant select on analytics.%I to analytics_reader', name);
    end loop;
end
$$;

-- A campaign is met on a day if a touch of it is at most a look-back older: where tags break, the share falls.
create view analytics.v_spend_match with (security_invoker = true) as
select
    spend.tenant_id,
    spend.platform,
    spend.account_id,
    spend.report_date,
    spend.currency,
    sum(spend.spend) as spend,
    coalesce(sum(spend.spend) filter (where met.match = 'utm_id'), 0) as spend_by_id,
    coalesce(sum(spend.spend) filter (where met.match = 'name'), 0) as spend_by_name,
    coalesce(sum(spend.spend) filter (where met.match = 'rule'), 0) as spend_by_rule,
    coalesce(sum(spend.spend) filter (where met.match is null), 0) as spend_unmatched,
    round(
        coalesce(sum(spend.spend) filter (where met.match is not null), 0) / nullif(sum(spend.spend), 0), 6
    ) as matched_share
from analytics.ad_spend_daily as spend
left join lateral (
    select map.match
    from analytics.campaign_map as map
    where
        map.tenant_id = spend.tenant_id
        and map.platform = spend.platform
        and map.account_id = spend.account_id
        and map.entity_id = spend.campaign_id
        and map.last_touch_on >= spend.report_date - 30
    order by array_position(array['utm_id', 'name', 'rule'], map.match)
    limit 1
) as met on spend.level = 'campaign'
where spend.level in ('campaign', 'residual')
group by spend.tenant_id, spend.platform, spend.account_id, spend.report_date, spend.currency;
comment on view analytics.v_spend_match is 'Per ad account and account-local day: spend in the account''s currency, and how much of it lies on campaigns that touches met by id, exact name or rule. What no campaign explains (residual) is unmatched. matched_share is null where nothing was spent.';

create view analytics.v_spend_match_share with (security_invoker = true) as
select
    days.tenant_id,
    min(days.report_date) as first_day,
    max(days.report_date) as last_day,
    sum(days.spend * rates.rate) as spend,
    sum(days.spend_unmatched * rates.rate) as spend_unmatched,
    round(sum(days.spend_unmatched * rates.rate) / nullif(sum(days.spend * rates.rate), 0), 6) as unmatched_share,
    count(*) filter (where rates.rate is null and days.spend <> 0) as days_without_rate
from analytics.v_spend_match as days
left join analytics.exchange_rates as rates
    on rates.tenant_id = days.tenant_id and rates.currency = days.currency and rates.day = days.report_date
group by days.tenant_id;
comment on view analytics.v_spend_match_share is 'Per tenant: all stored spend in the tenant''s currency and the share of it that no touch met. days_without_rate counts account days that are not in it because their currency has no rate that day.';
grant select on analytics.v_spend_match, analytics.v_spend_match_share to analytics_jobs, analytics_reader;
