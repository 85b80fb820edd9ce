"""The locks of a tenant, held until the transaction ends. Who needs several takes the metrics', then the shop's, first.

They stand for many row locks: one wait instead of a lock on each of 200,000 conversions, and no order in which two
transactions could wait for each other.
"""

from include.ids import stable_id
from include.storage.session import TenantSession


def lock_shop(session: TenantSession) -> None:
    """Wait until no other transaction writes orders or touches of this tenant.

    What one writer cannot see yet can then not be settled without it. Readers and writers of credit do not wait.
    """
    _wait_for(session, "orders and touches")


def lock_credit(session: TenantSession) -> None:
    """Wait until no other transaction writes conversions or credit of this tenant.

    A conversion that is being credited is judged by its new state, and credit is computed from what nobody changes.
    """
    _wait_for(session, "credit")


def lock_metrics(session: TenantSession) -> None:
    """Wait until no other transaction writes figures of this tenant: its days, channels, weeks and profit.

    Jobs that restate the same days at once would each write what the other did.
    """
    _wait_for(session, "metrics")


def _wait_for(session: TenantSession, what: str) -> None:
    session.row("locks/wait_for_lock", key=stable_id("lock", what, session.tenant_id))
