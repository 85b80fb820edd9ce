create temporary table spend_days (
    report_date date primary key,
    known boolean not null,
    restated boolean not null
) on commit drop
