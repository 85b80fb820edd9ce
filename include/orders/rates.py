"""Conversions that wait for a rate of their currency: told by who puts rates in force, in the same transaction."""

from include.storage.locks import lock_credit
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant


def reopen_rated_conversions(session: TenantSession, tenant: Tenant) -> int:
    """Let every conversion whose currency has a rate on its local day by now wait for credit, and return their number.

    Whoever writes orders meanwhile has either stored a waiting conversion that is seen here, or waits for the commit
    and finds the rate.
    """
    lock_credit(session)
    return session.execute("orders/reopen_rated_conversions", timezone=tenant.timezone)
