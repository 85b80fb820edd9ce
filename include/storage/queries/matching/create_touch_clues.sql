-- Touches that no campaign was found for yet, with what they say of it; equal sayings share a number.
create temporary table touch_clues on commit drop as
select
    said.*,
    dense_rank() over (
        order by click_platform, source, medium, campaign, content, term, utm_id, parameters, landing_page, referrer
    ) as clue
from (
    select
        touchpoint_id,
        occurred_at,
        case
            when num_nonnulls(gclid, gbraid, wbraid) > 0 then 'google_ads'
            when fbclid is not null then 'meta'
            when ttclid is not null then 'tiktok'
            when landing_page ~ '[?&](gclid|gbraid|wbraid|gad_source|gad_campaignid)=' then 'google_ads'
            when landing_page ~ '[?&]fbclid=' then 'meta'
            when landing_page ~ '[?&]ttclid=' then 'tiktok'
        end as click_platform,
        source,
        medium,
        campaign,
        content,
        term,
        utm_id,
        case
            when strpos(landing_page, '?') > 0 then (
                select jsonb_agg(jsonb_build_array(pair[1], pair[2]))
                from regexp_matches(split_part(landing_page, '#', 1), %(parameters)s, 'gi') as pair
            )
        end as parameters,
        case when %(with_pages)s then landing_page end as landing_page,
        case when %(with_pages)s then referrer end as referrer
    from analytics.touchpoints
    where
        tenant_id = %(tenant_id)s
        and occurred_at >= %(since)s
        and campaign_match is null
        and type in ('click', 'view')
) as said
where %(with_pages)s or num_nonnulls(campaign, utm_id, content, term, parameters) > 0
