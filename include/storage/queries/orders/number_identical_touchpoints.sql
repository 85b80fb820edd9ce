-- Rows without an id of the recorder that are equal in every column are as many touches: the k-th one (k > 1) has an id
-- of its own, hashed from the id of the first and k, so that the same rows get the same ids in every load.
with repeated as (
    select touchpoint_id
    from stage_touchpoints
    where external_id is null
    group by touchpoint_id
    having count(*) > 1
),
numbered as (
    select line, row_number() over (partition by touchpoint_id order by line) as ordinal
    from stage_touchpoints
    join repeated using (touchpoint_id)
    where external_id is null
)
update stage_touchpoints
set touchpoint_id =
        ('x' || substr(encode(sha256(convert_to(touchpoint_id || '#' || numbered.ordinal, 'UTF8')), 'hex'), 1, 16))::bit(64)::bigint
        & 9223372036854775807
from numbered
where numbered.line = stage_touchpoints.line and numbered.ordinal > 1
