select faults.role, faults.fault
from (
    select current_user as role, 'is a superuser' as fault
    from pg_roles
    where rolname = current_user and rolsuper
    union all
    select current_user, 'bypasses row-level security'
    from pg_roles
    where rolname = current_user and rolbypassrls
    union all
    select current_user, 'is a member of ' || rolname
    from pg_roles
    where rolname <> current_user
      and pg_has_role(current_user, oid, 'member')
      and (rolsuper or rolbypassrls or rolname in ('analytics_control', 'analytics_owner'))
    union all
    select current_user, 'owns ' || pg_class.oid::regclass::text
    from pg_class
    join pg_namespace on pg_namespace.oid = pg_class.relnamespace
    where pg_namespace.nspname in ('control', 'analytics')
      and pg_has_role(current_user, pg_class.relowner, 'member')
) as faults
limit 1
