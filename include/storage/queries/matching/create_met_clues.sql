create temporary table met_clues on commit drop as
select *
from unnest(
    %(clues)s::bigint[], %(from_instants)s::timestamptz[], %(to_instants)s::timestamptz[], %(matches)s::text[],
    %(patterns)s::text[], %(platforms)s::text[], %(accounts)s::text[], %(campaigns)s::text[], %(adgroups)s::text[],
    %(ads)s::text[], %(days)s::date[]
) as met (
    clue, from_instant, to_instant, match, pattern, platform, account_id, campaign_id, adgroup_id, ad_id, valid_from
)
