-- Ad spend as the platforms report it: facts per account-local day, what changed in them, the entities they name.

create table analytics.ad_spend_daily (
    tenant_id bigint not null,
    platform text not null,
    account_id text not null,
    report_date date not null,
    level text not null,
    entity_id text not null,
    campaign_id text,
    adgroup_id text,
    ad_id text,
    entity_name text,
    family text,
    spend numeric(20, 6) not null,
    impressions bigint not null,
    clicks bigint not null,
    platform_conversions numeric(20, 6),
    platform_conversion_value numeric(20, 6),
    currency text not null,
    timezone text not null,
    is_final boolean not null,
    metric_set_version smallint not null,
    api_version text not null,
    request_id text,
    load_id bigint not null,
    fetched_at timestamptz not null,
    primary key (tenant_id, platform, account_id, report_date, level, entity_id),
    check (level in ('account', 'campaign', 'adgroup', 'ad', 'residual'))
);
create index ad_spend_daily_by_day on analytics.ad_spend_daily (tenant_id, report_date);
comment on table analytics.ad_spend_daily is 'Spend per entity and day, in the ad account''s calendar and currency. Levels are views of the same money and are never added up: account is the platform''s own total, campaign plus residual equals it. Written by replacing whole days of an account in one transaction; a day that came out the same is not written. Retention: as long as the tenant; not partitioned, an account''s days are reached through the key.';
comment on column analytics.ad_spend_daily.tenant_id is 'tenant';
comment on column analytics.ad_spend_daily.platform is 'meta, google_ads or tiktok';
comment on column analytics.ad_spend_daily.account_id is 'the platform''s account id, digits';
comment on column analytics.ad_spend_daily.report_date is 'calendar day in the account''s timezone, never shifted';
comment on column analytics.ad_spend_daily.level is 'account (control total), campaign, adgroup, ad, or residual: account minus the sum of its campaigns, only where that is not zero';
comment on column analytics.ad_spend_daily.entity_id is 'the platform''s id of the entity; the account''s own for account and residual';
comment on column analytics.ad_spend_daily.campaign_id is 'campaign of the entity, its own id at level campaign';
comment on column analytics.ad_spend_daily.adgroup_id is 'ad set or ad group of the entity';
comment on column analytics.ad_spend_daily.ad_id is 'ad of the entity; with TikTok''s upgraded Smart+ entity_id and ad_id may differ';
comment on column analytics.ad_spend_daily.entity_name is 'name at the time of the fetch; never part of a key';
comment on column analytics.ad_spend_daily.family is 'kind of campaign where the platform has several, such as gmv_max or performance_max';
comment on column analytics.ad_spend_daily.spend is 'major units of currency, as reported; a residual may be negative';
comment on column analytics.ad_spend_daily.impressions is 'as reported';
comment on column analytics.ad_spend_daily.clicks is 'as reported';
comment on column analytics.ad_spend_daily.platform_conversions is 'purchases the platform claims by its own windows; null where not asked for. Never added to our own credit';
comment on column analytics.ad_spend_daily.platform_conversion_value is 'their value, major units of currency';
comment on column analytics.ad_spend_daily.currency is 'ISO 4217, from the platform';
comment on column analytics.ad_spend_daily.timezone is 'IANA zone of report_date, from the platform';
comment on column analytics.ad_spend_daily.is_final is 'the day is past the platform''s restatement window';
comment on column analytics.ad_spend_daily.metric_set_version is 'raised when the requested fields change their meaning';
comment on column analytics.ad_spend_daily.api_version is 'version that was asked';
comment on column analytics.ad_spend_daily.request_id is 'the vendor''s id of the page that held the row, null for residuals';
comment on column analytics.ad_spend_daily.load_id is 'stable hash of the run and the account; equal for all rows of a chunk''s changed days';
comment on column analytics.ad_spend_daily.fetched_at is 'business time of the fetch that last changed the day, UTC';

create table analytics.ad_spend_restatements (
    tenant_id bigint not null,
    platform text not null,
    account_id text not null,
    report_date date not null,
    level text not null,
    entity_id text not null,
    load_id bigint not null,
    kind text not null,
    currency text not null,
    spend_before numeric(20, 6),
    spend_after numeric(20, 6),
    impressions_before bigint,
    impressions_after bigint,
    clicks_before bigint,
    clicks_after bigint,
    platform_conversions_before numeric(20, 6),
    platform_conversions_after numeric(20, 6),
    platform_conversion_value_before numeric(20, 6),
    platform_conversion_value_after numeric(20, 6),
    age_days integer not null,
    run_id text not null,
    restated_at timestamptz not null,
    primary key (tenant_id, platform, account_id, report_date, level, entity_id, load_id),
    check (kind in ('appeared', 'changed', 'vanished'))
);
create index ad_spend_restatements_by_time on analytics.ad_spend_restatements (tenant_id, restated_at);
comment on table analytics.ad_spend_restatements is 'What a platform changed in days that were already stored, one row per entity and load. Drift by age_days is what the restatement windows are measured by. Retention: as ad_spend_daily.';
comment on column analytics.ad_spend_restatements.tenant_id is 'tenant';
comment on column analytics.ad_spend_restatements.platform is 'as in ad_spend_daily';
comment on column analytics.ad_spend_restatements.account_id is 'as in ad_spend_daily';
comment on column analytics.ad_spend_restatements.report_date is 'account-local day';
comment on column analytics.ad_spend_restatements.level is 'as in ad_spend_daily';
comment on column analytics.ad_spend_restatements.entity_id is 'as in ad_spend_daily';
comment on column analytics.ad_spend_restatements.load_id is 'load that brought the new version';
comment on column analytics.ad_spend_restatements.kind is 'changed; appeared or vanished: the entity was not, or is no more, in a day that was stored';
comment on column analytics.ad_spend_restatements.currency is 'ISO 4217';
comment on column analytics.ad_spend_restatements.spend_before is 'major units, null when it appeared';
comment on column analytics.ad_spend_restatements.spend_after is 'major units, null when it vanished';
comment on column analytics.ad_spend_restatements.impressions_before is 'null when it appeared';
comment on column analytics.ad_spend_restatements.impressions_after is 'null when it vanished';
comment on column analytics.ad_spend_restatements.clicks_before is 'null when it appeared';
comment on column analytics.ad_spend_restatements.clicks_after is 'null when it vanished';
comment on column analytics.ad_spend_restatements.platform_conversions_before is 'null when it appeared or was not asked for';
comment on column analytics.ad_spend_restatements.platform_conversions_after is 'null when it vanished or was not asked for';
comment on column analytics.ad_spend_restatements.platform_conversion_value_before is 'major units';
comment on column analytics.ad_spend_restatements.platform_conversion_value_after is 'major units';
comment on column analytics.ad_spend_restatements.age_days is 'account-local days between the day and the fetch';
comment on column analytics.ad_spend_restatements.run_id is 'run that found it';
comment on column analytics.ad_spend_restatements.restated_at is 'business time of the fetch, UTC';

create table analytics.ad_entities (
    tenant_id bigint not null,
    platform text not null,
    account_id text not null,
    level text not null,
    entity_id text not null,
    name text,
    campaign_id text,
    adgroup_id text,
    ad_id text,
    family text,
    first_seen date not null,
    last_seen date not null,
    updated_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, platform, account_id, level, entity_id)
);
create index ad_entities_by_id on analytics.ad_entities (tenant_id, platform, entity_id);
comment on table analytics.ad_entities is 'Campaigns, ad sets and ads that ever had traffic, deleted ones too. Facts are joined to it from the left: a missing entity never hides spend.';
comment on column analytics.ad_entities.tenant_id is 'tenant';
comment on column analytics.ad_entities.platform is 'as in ad_spend_daily';
comment on column analytics.ad_entities.account_id is 'as in ad_spend_daily';
comment on column analytics.ad_entities.level is 'campaign, adgroup or ad';
comment on column analytics.ad_entities.entity_id is 'the platform''s id';
comment on column analytics.ad_entities.name is 'name on its latest reported day';
comment on column analytics.ad_entities.campaign_id is 'campaign, its own id at level campaign';
comment on column analytics.ad_entities.adgroup_id is 'ad set or ad group';
comment on column analytics.ad_entities.ad_id is 'as in ad_spend_daily';
comment on column analytics.ad_entities.family is 'kind of campaign';
comment on column analytics.ad_entities.first_seen is 'first account-local day with a row';
comment on column analytics.ad_entities.last_seen is 'last account-local day with a row';
comment on column analytics.ad_entities.updated_at is 'machine time';

create table analytics.ad_account_syncs (
    tenant_id bigint not null,
    platform text not null,
    account_id text not null,
    currency text not null,
    timezone text not null,
    status text,
    data_through date,
    load_id bigint not null,
    synced_at timestamptz not null,
    primary key (tenant_id, platform, account_id)
);
comment on table analytics.ad_account_syncs is 'The bookmark of each account and what its platform says it is. A currency or time zone that differs later is an alarm, never an update.';
comment on column analytics.ad_account_syncs.tenant_id is 'tenant';
comment on column analytics.ad_account_syncs.platform is 'as in ad_spend_daily';
comment on column analytics.ad_account_syncs.account_id is 'as in ad_spend_daily';
comment on column analytics.ad_account_syncs.currency is 'ISO 4217, as first read';
comment on column analytics.ad_account_syncs.timezone is 'IANA, as first read';
comment on column analytics.ad_account_syncs.status is 'the platform''s own word';
comment on column analytics.ad_account_syncs.data_through is 'last account-local day up to which every day is stored, null before the first';
comment on column analytics.ad_account_syncs.load_id is 'load that moved it';
comment on column analytics.ad_account_syncs.synced_at is 'business time, UTC';

create table analytics.ad_report_runs (
    tenant_id bigint not null,
    platform text not null,
    account_id text not null,
    level text not null,
    date_from date not null,
    date_to date not null,
    report_id text not null,
    api_version text not null,
    requested_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, platform, account_id, level, date_from, date_to)
);
comment on table analytics.ad_report_runs is 'Reports that a platform computes in the background, stored before anybody waits for them: a retry goes on with the running one. Deleted once read.';
comment on column analytics.ad_report_runs.tenant_id is 'tenant';
comment on column analytics.ad_report_runs.platform is 'as in ad_spend_daily';
comment on column analytics.ad_report_runs.account_id is 'as in ad_spend_daily';
comment on column analytics.ad_report_runs.level is 'level that was asked for';
comment on column analytics.ad_report_runs.date_from is 'first account-local day';
comment on column analytics.ad_report_runs.date_to is 'day after the last';
comment on column analytics.ad_report_runs.report_id is 'the platform''s id of the report';
comment on column analytics.ad_report_runs.api_version is 'version that was asked';
comment on column analytics.ad_report_runs.requested_at is 'machine time; one that did not end within the hour is ordered anew';

do $$
declare
    name text;
begin
    foreach name in array array['ad_spend_daily', 'ad_spend_restatements', 'ad_entities', 'ad_account_syncs',
                                'ad_report_runs'] loop
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

create view analytics.v_ad_spend_daily with (security_invoker = true) as
select tenant_id, platform, account_id, report_date, level, entity_id, campaign_id, entity_name, family, spend,
       impressions, clicks, platform_conversions, platform_conversion_value, currency, timezone, is_final
from analytics.ad_spend_daily
where level in ('campaign', 'residual');
comment on view analytics.v_ad_spend_daily is 'Spend by campaign with what no campaign explains (level residual): the rows of an account and day add up to the platform''s own total. Days and money are the account''s.';

create view analytics.v_ad_spend_by_ad with (security_invoker = true) as
select tenant_id, platform, account_id, report_date, level, entity_id, campaign_id, adgroup_id, ad_id, entity_name,
       spend, impressions, clicks, currency, timezone, is_final
from analytics.ad_spend_daily
where level = 'ad'
union all
select campaigns.tenant_id, campaigns.platform, campaigns.account_id, campaigns.report_date, 'residual',
       campaigns.entity_id, campaigns.campaign_id, null, null, campaigns.entity_name,
       campaigns.spend - coalesce(ads.spend, 0), campaigns.impressions - coalesce(ads.impressions, 0),
       campaigns.clicks - coalesce(ads.clicks, 0), campaigns.currency, campaigns.timezone, campaigns.is_final
from analytics.ad_spend_daily as campaigns
left join (
    select tenant_id, platform, account_id, report_date, campaign_id,
           sum(spend) as spend, sum(impressions)::bigint as impressions, sum(clicks)::bigint as clicks
    from analytics.ad_spend_daily
    where level = 'ad'
    group by tenant_id, platform, account_id, report_date, campaign_id
) as ads using (tenant_id, platform, account_id, report_date, campaign_id)
where campaigns.level = 'campaign' and campaigns.spend is distinct from coalesce(ads.spend, 0)
union all
select tenant_id, platform, account_id, report_date, level, entity_id, campaign_id, adgroup_id, ad_id, entity_name,
       spend, impressions, clicks, currency, timezone, is_final
from analytics.ad_spend_daily
where level = 'residual';
comment on view analytics.v_ad_spend_by_ad is 'Spend by ad, with a residual row per campaign and day for what its ads do not explain (Performance Max, deleted ads) and the account''s own residual: the rows of an account and day add up to the platform''s own total.';
grant select on analytics.v_ad_spend_daily, analytics.v_ad_spend_by_ad to analytics_jobs, analytics_reader;
