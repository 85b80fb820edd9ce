insert into stage_pnl
select *
from jsonb_populate_recordset(null::stage_pnl, %(rows)s::jsonb)
