-- Every crediting asks which of its conversions were cancelled; few are. The predicate's column does not change when credit
-- is written, so that those updates stay within their page.
create index conversions_cancelled on analytics.conversions (tenant_id, conversion_id) where cancelled_at is not null;
