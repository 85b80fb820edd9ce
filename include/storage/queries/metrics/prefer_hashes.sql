-- For this transaction: a year of a large tenant is joined and grouped by hash in one pass. The planner expects far more
-- groups than there are and would sort; what is really taken is little.
select
    set_config('work_mem', '64MB', true) as work_mem,
    set_config('hash_mem_multiplier', '8', true) as hash_mem_multiplier,
    set_config('enable_sort', 'off', true) as enable_sort
