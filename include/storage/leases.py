"""Leases: at most one task instance works on (job, tenant); a stale one is refused at its commit.

Airflow runs tasks at least once and sometimes twice at a time. A lease expires 60 s after its last renewal (database
clock); the same task instance re-enters its own after a kill, with a higher fence; the fence is confirmed inside the
transaction that holds the work.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from include.errors import AttributionError, LeaseLost
from include.storage.session import TenantSession, tenant_transaction

TTL_SECONDS = 60
RENEWAL_SECONDS = 20


@dataclass(frozen=True)
class Holder:
    """The task instance that holds a lease; a retry of it is the same holder."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int


class LeaseHeld(AttributionError):
    """Another task instance works on this tenant; the tenant is deferred, never succeeded."""


@dataclass(frozen=True)
class Lease:
    """A lease that was taken; `confirm` it before the commit."""

    url: str
    tenant_id: int
    job: str
    fence: int

    def confirm(self, session: TenantSession) -> None:
        """Raise LeaseLost unless this lease is still the last one taken; holds it until the session's commit."""
        if session.row("leases/confirm_lease", job=self.job, fence=self.fence) is None:
            raise LeaseLost(f"{self.job}: lease passed to another task instance; nothing was committed")

    def renew(self) -> None:
        """Push the expiry out by 60 s of database time."""
        with tenant_transaction(self.url, self.tenant_id) as session:
            session.execute("leases/renew_lease", job=self.job, fence=self.fence, ttl_seconds=TTL_SECONDS)

    def release(self) -> None:
        """Let the next task instance in, and refuse whatever this holder's abandoned threads still try to commit."""
        with tenant_transaction(self.url, self.tenant_id) as session:
            session.execute("leases/release_lease", job=self.job, fence=self.fence)


def take_lease(url: str, tenant_id: int, job: str, holder: Holder) -> Lease:
    """Take or re-enter the lease of (job, tenant); raise LeaseHeld when a foreign one has not expired."""
    with tenant_transaction(url, tenant_id) as session:
        taken = session.row(
            "leases/take_lease",
            job=job,
            dag_id=holder.dag_id,
            run_id=holder.run_id,
            task_id=holder.task_id,
            map_index=holder.map_index,
            ttl_seconds=TTL_SECONDS,
        )
        if taken is None:
            other = session.row("leases/select_holder", job=job)
            name = f"run {other.run_id}, task {other.task_id}[{other.map_index}]" if other else "another task"
            raise LeaseHeld(f"{job}: leased by {name}")
    return Lease(url, tenant_id, job, taken.fence)


@contextmanager
def held_lease(url: str, tenant_id: int, job: str, holder: Holder) -> Iterator[Lease]:
    """Hold a lease for the block, renewed every 20 s by a thread, released at the end whatever happens."""
    lease = take_lease(url, tenant_id, job, holder)
    stop = threading.Event()
    renewer = threading.Thread(target=_renew_until, args=(lease, stop), name=f"lease-{job}", daemon=True)
    renewer.start()
    try:
        yield lease
    finally:
        stop.set()
        lease.release()


def _renew_until(lease: Lease, stop: threading.Event) -> None:
    while not stop.wait(RENEWAL_SECONDS):
        try:
            lease.renew()
        except psycopg.Error:
            # A database that is away for a moment is no reason to stop; one that stays away expires the lease, and the
            # holder's own transaction fails with it.
            continue
