"""The tenant that a person named on a command line, and the database its rows live in, from the environment's URLs."""

from collections.abc import Mapping

from include.errors import InvalidInput
from include.ids import tenant_id_of
from include.tenants.registry import list_tenants, load_tenant
from include.tenants.tenant import Tenant


def tenant_named(slug: str, environment: Mapping[str, str]) -> tuple[Tenant, str]:
    """Return the tenant of a slug and the URL of the jobs' role in its database.

    environment: ANALYTICS_DB_URL, ANALYTICS_CONTROL_URL, and AIRFLOW_CONN_<DB_CONN_ID> for a tenant that lives
    elsewhere. Raises InvalidInput when one is missing or nobody has the slug.
    """
    first_url, control_url = _url(environment, "ANALYTICS_DB_URL"), _url(environment, "ANALYTICS_CONTROL_URL")
    slugs = {row.slug for row in list_tenants(control_url)}
    if slug not in slugs:
        raise InvalidInput(f"unknown tenant {slug!r}; known are {', '.join(sorted(slugs)) or 'none yet'}")
    tenant = load_tenant(first_url, tenant_id_of(slug))
    if tenant.db_conn_id == "analytics_db":
        return tenant, first_url
    return tenant, _url(environment, f"AIRFLOW_CONN_{tenant.db_conn_id.upper()}")


def _url(environment: Mapping[str, str], name: str) -> str:
    url = environment.get(name)
    if not url:
        raise InvalidInput(f"{name} is not set; start a stack with make up, or set the database URLs")
    return url
