-- What a vendor cannot prove is not zero: of a vendor that shows no single event nobody knows of doubles and values.

alter table analytics.delivery_checks
    alter column duplicated drop not null,
    alter column value_differing drop not null;
comment on column analytics.delivery_checks.duplicated is 'confirmed and counted more than once by the vendor; null: the vendor shows no single event';
comment on column analytics.delivery_checks.value_differing is 'confirmed at another value than was sent; null: the vendor shows no value of an event';
