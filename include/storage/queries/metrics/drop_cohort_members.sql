drop table if exists cohort_members
