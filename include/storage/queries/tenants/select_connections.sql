-- A destination's account is one of the tenant's on the same platform: some vendors let nobody read a pixel without one.
select
    tenants.slug,
    'ad account' as kind,
    uses.platform,
    uses.account_id as name,
    uses.conn_id,
    uses.account_id as account,
    uses.currency,
    uses.timezone
from control.tenant_ad_accounts as uses
inner join control.tenants using (tenant_id)
where uses.enabled and tenants.status = 'active'
union all
select
    tenants.slug,
    'destination',
    uses.destination,
    uses.destination_id,
    uses.conn_id,
    (
        select min(accounts.account_id)
        from control.tenant_ad_accounts as accounts
        where accounts.tenant_id = uses.tenant_id and accounts.platform = uses.destination and accounts.enabled
    ),
    null,
    null
from control.tenant_destinations as uses
inner join control.tenants using (tenant_id)
where uses.enabled and tenants.status = 'active'
union all
select
    tenants.slug,
    'source',
    uses.source,
    uses.source,
    uses.conn_id,
    null,
    null,
    null
from control.tenant_sources as uses
inner join control.tenants using (tenant_id)
where uses.enabled and tenants.status = 'active'
union all
select
    tenants.slug,
    'rates',
    uses.source,
    coalesce(uses.path, uses.source),
    uses.conn_id,
    null,
    null,
    null
from control.tenant_fx_sources as uses
inner join control.tenants using (tenant_id)
where tenants.status = 'active'
order by 1, 2, 3, 4
