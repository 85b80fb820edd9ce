-- A row that another tool or a person inserts needs no column that only this project's writers know how to fill. What is
-- left out means "not known", so that the next writer of the row rewrites it.

alter table analytics.orders alter column row_digest set default 0;
comment on column analytics.orders.row_digest is 'stable hash of the state''s fields, lines and context; an equal one writes nothing but its version; 0: not known, no state has it';

alter table analytics.touchpoints alter column channel_rule set default 'unknown';
comment on column analytics.touchpoints.channel_rule is 'rule that gave the channel; import: the file named it; unknown: whoever inserted the row did not say';

-- A default cannot read the row's other columns. Writers that give the key, as all of this project do, never call this.
create function analytics.fill_exposure_key() returns trigger language plpgsql as $$
declare
    named text := lower(btrim(coalesce(new.campaign, '')));
begin
    new.exposure_key := ('x' || left(md5(concat_ws(E'\x1f', 'exposure', new.channel, case named when '(not set)' then '' else named end)), 16))
        ::bit(64)::bigint & 9223372036854775807;
    return new;
end
$$;
create trigger fill_exposure_key before insert on analytics.touchpoints
    for each row when (new.exposure_key is null) execute function analytics.fill_exposure_key();
comment on column analytics.touchpoints.exposure_key is 'stable hash of channel and campaign; equal keys within 30 s are one touch; left out, a hash of the same two that equals those of other rows without one';

alter table analytics.ad_spend_daily alter column timezone drop not null;
comment on column analytics.ad_spend_daily.timezone is 'IANA zone of report_date, from the platform; null: whoever inserted the row did not say';
alter table analytics.ad_spend_daily alter column metric_set_version set default 0;
comment on column analytics.ad_spend_daily.metric_set_version is 'raised when the requested fields change their meaning; 0: not known';
