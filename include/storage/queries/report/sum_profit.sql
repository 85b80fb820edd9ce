-- A line of which a day is not known is not known for the week, and neither is one that not all seven days have.
select
    line,
    bool_and(is_subtotal) as is_subtotal,
    case
        when
            count(*) filter (where day >= %(monday)s) = 7
            and bool_and(amount_minor is not null) filter (where day >= %(monday)s)
            then sum(amount_minor) filter (where day >= %(monday)s)
    end::bigint as amount_minor,
    case
        when
            count(*) filter (where day < %(monday)s) = 7
            and bool_and(amount_minor is not null) filter (where day < %(monday)s)
            then sum(amount_minor) filter (where day < %(monday)s)
    end::bigint as previous_minor,
    min(coverage) filter (where day >= %(monday)s) as coverage,
    string_agg(distinct incomplete, '; ') filter (where day >= %(monday)s) as incomplete
from analytics.pnl_daily
where tenant_id = %(tenant_id)s and day >= %(monday)s::date - 7 and day < %(monday)s::date + 7
group by line
having count(*) filter (where day >= %(monday)s) > 0
order by max(position) filter (where day >= %(monday)s), line
