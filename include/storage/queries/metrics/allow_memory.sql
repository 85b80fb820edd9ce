-- For this transaction: a year of a large tenant is grouped in memory instead of sorted on disk.
select set_config('work_mem', '128MB', true)
