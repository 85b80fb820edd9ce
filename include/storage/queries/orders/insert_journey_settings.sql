insert into journey_settings
values (
    coalesce(%(valid_from)s::timestamptz, '-infinity'),
    coalesce(%(valid_to)s::timestamptz, 'infinity'),
    %(lookback)s::interval,
    %(view_lookback)s::interval,
    %(views_count)s::boolean,
    %(consent)s::text,
    %(max_visitors)s::integer
)
