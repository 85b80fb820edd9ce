-- View-through conversions as the platforms claim them, under the channel of their campaign's spend that day.
create temporary table views_by_campaign on commit drop as
select
    views.report_date as day,
    coalesce(spend.channel, usual.channel) as channel,
    views.platform,
    views.campaign_id,
    sum(views.count) as view_through_conversions
from analytics.view_through_daily as views
left join spend_by_campaign as spend
    on spend.day = views.report_date
    and spend.platform = views.platform
    and spend.campaign_id = views.campaign_id
left join unnest(%(usual_platforms)s::text[], %(usual_families)s::text[], %(usual_channels)s::text[])
    as usual (platform, family, channel)
    on usual.platform = views.platform and usual.family = ''
where
    views.tenant_id = %(tenant_id)s
    and views.report_date >= %(first)s
    and views.report_date < %(last)s
    and views.level = 'campaign'
    and views."window" in ('1d_view', 'vtc', 'vta')
group by 1, 2, 3, 4
