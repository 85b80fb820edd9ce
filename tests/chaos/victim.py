"""A task process that can be struck: a real job through run_batch, in a forked process that ends as the task's would.

The places at which it can be struck are seams of the production code, wrapped in the victim only. What a strike does
(SIGKILL, or waiting for somebody else's) is the caller's business, and so is running it again as Airflow's retry does.
"""

import importlib
import logging
import multiprocessing
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from typing import Any

import adbc_driver_manager.dbapi as adbc

from include.attribution.warm_up import warm_up
from include.jobs import steps as steps_module
from include.jobs.backfill_attribution import backfill_attribution
from include.jobs.batch import Batch, run_batch
from include.jobs.order_reconciliation import order_reconciliation
from include.jobs.outcome import TenantOutcome
from include.jobs.process_attribution import process_attribution
from include.jobs.process_unattributed import process_unattributed
from include.jobs.recalculate_recent import recalculate_recent
from include.jobs.request import Job, JobRequest
from include.jobs.send_ga4_purchase import send_ga4_purchase
from include.jobs.send_meta_purchase import send_meta_purchase
from include.jobs.send_tiktok_event import send_tiktok_event
from include.jobs.sync_meta_spend_daily import sync_meta_spend_daily
from include.jobs.validate_meta_delivery import validate_meta_delivery
from include.jobs.webhook_queue import drain_webhooks
from include.storage.deadline import Deadline
from include.storage.leases import Holder, Lease
from include.storage.session import TenantConnection, TenantSession

BEFORE_BEGIN = "before begin"
MID_READ = "mid-read"
MID_COPY = "mid-COPY"
BEFORE_COMMIT = "before commit"
AFTER_COMMIT = "after commit"
SEAMS = (BEFORE_BEGIN, MID_READ, MID_COPY, BEFORE_COMMIT, AFTER_COMMIT)

JOBS: Mapping[str, Job] = {
    "process_attribution": process_attribution,
    "attribution_recalculate_recent": recalculate_recent,
    "attribution_process_unattributed": process_unattributed,
    "backfill_attribution": backfill_attribution,
    "attribution_webhook_queue": drain_webhooks,
    "attribution_order_reconciliation": order_reconciliation,
    "send_ga4_purchase": send_ga4_purchase,
    "send_meta_purchase": send_meta_purchase,
    "send_tiktok_event": send_tiktok_event,
    "validate_meta_delivery": validate_meta_delivery,
    "sync_meta_spend_daily": sync_meta_spend_daily,
}

Reached = Callable[[str], None]
"""Told of every seam that is passed."""

_DEADLINE_SECONDS = 120.0
_fork = multiprocessing.get_context("fork")
# Paid once by the process that forks the victims, not by each of them.
warm_up()


@dataclass(frozen=True)
class Work:
    """One task instance's work on one tenant; running it again is a retry of the same task instance.

    sizes: "module:NAME" -> how much is done at once, so that little data takes many steps. clients: makes what the job
    gets as clients, in the victim. watch: wraps the seams of production code there.
    """

    url: str
    slug: str
    request: JobRequest
    sizes: Mapping[str, Any] = field(default_factory=dict)
    clients: Callable[[], Mapping[str, object]] = dict
    watch: Callable[[Reached], None] = field(default_factory=lambda: watch_writing)


@dataclass(frozen=True)
class Strike:
    """What happens when the victim passes a seam for the nth time."""

    seam: str
    nth: int
    act: Callable[[], None]


@dataclass(frozen=True)
class Ended:
    """How an attempt ended: killed, or with an outcome and the number of passes of each seam."""

    outcome: TenantOutcome | None
    passes: Mapping[str, int]

    @property
    def killed(self) -> bool:
        return self.outcome is None

    @property
    def succeeded(self) -> bool:
        return self.outcome is not None and self.outcome.status in ("succeeded", "skipped_done")


class Victim:
    """An attempt at some work that runs; `wait` or `kill` ends it."""

    def __init__(self, work: Work, strike: Strike | None = None, ready: Callable[[], object] = lambda: None) -> None:
        """Start at once, after `ready` was called in the new process."""
        self._answers, answer = _fork.Pipe(duplex=False)
        self._process: ForkProcess = _fork.Process(target=_attend, args=(work, strike, ready, answer))
        self._process.start()
        answer.close()

    def kill_after(self, seconds: float) -> Ended:
        """Kill it unless it ends within seconds."""
        self._process.join(seconds)
        self._process.kill()
        return self.wait()

    def wait(self) -> Ended:
        """Return how it ended; raises RuntimeError when it died of something else than SIGKILL."""
        try:
            ended: Ended = self._answers.recv()
        except EOFError:
            ended = Ended(None, {})
        self._process.join()
        self._answers.close()
        if ended.killed and self._process.exitcode != -signal.SIGKILL:
            raise RuntimeError(f"a victim ended by itself with {self._process.exitcode}")
        return ended


def kill_myself() -> None:
    """End this process as the kernel's out-of-memory killer would."""
    os.kill(os.getpid(), signal.SIGKILL)


def _attend(work: Work, strike: Strike | None, ready: Callable[[], object], answer: Connection) -> None:
    # What went wrong is in the outcome.
    logging.disable()
    for name, size in work.sizes.items():
        module, _, constant = name.partition(":")
        setattr(importlib.import_module(module), constant, size)
    passes: Counter[str] = Counter()
    counting = threading.Lock()

    def reached(seam: str) -> None:
        with counting:
            passes[seam] += 1
            struck = strike is not None and (seam, passes[seam]) == (strike.seam, strike.nth)
        if strike and struck:
            strike.act()

    work.watch(reached)
    ready()
    request = work.request
    holder = Holder(request.job, request.run_id, "work", 0)
    batch = Batch(JOBS[request.job], request, holder, lambda _: work.url, _DEADLINE_SECONDS, work.clients())
    (outcome,) = run_batch(batch, [work.slug])
    answer.send(Ended(outcome, dict(passes)))


def watch_transactions(beginning: Callable[[], None], committed: Callable[[TenantSession], None]) -> None:
    """Watch where the transactions of a job's steps begin and end; those of its lease are not among them."""
    connect = steps_module.tenant_connection

    @contextmanager
    def watched_connection(url: str, tenant_id: int) -> Iterator[TenantConnection]:
        with connect(url, tenant_id) as connection:
            transaction = connection.transaction

            @contextmanager
            def watched_transaction(deadline: Deadline | None = None) -> Iterator[TenantSession]:
                beginning()
                with transaction(deadline) as session:
                    yield session
                committed(session)

            connection.transaction = watched_transaction
            yield connection

    steps_module.tenant_connection = watched_connection


def watch_writing(reached: Reached) -> None:
    """Watch the places at which a job reads and writes."""
    watch_transactions(lambda: reached(BEFORE_BEGIN), lambda _: reached(AFTER_COMMIT))
    confirm = Lease.confirm
    copy_encoded, fetch = TenantSession.copy_encoded, adbc.Cursor.fetch_arrow_table

    def watched_confirm(lease: Lease, session: TenantSession) -> None:
        confirm(lease, session)
        reached(BEFORE_COMMIT)

    def watched_copy(session: TenantSession, table: str, columns: Iterable[str], stream: Iterable[bytes]) -> None:
        copy_encoded(session, table, columns, _watched_stream(stream))

    def _watched_stream(stream: Iterable[bytes]) -> Iterator[bytes]:
        whole = b"".join(stream)
        yield whole[: len(whole) // 2]
        reached(MID_COPY)
        yield whole[len(whole) // 2 :]

    def watched_fetch(cursor: adbc.Cursor) -> Any:
        # The statement was executed and its rows are on their way.
        reached(MID_READ)
        return fetch(cursor)

    Lease.confirm = watched_confirm
    TenantSession.copy_encoded = watched_copy
    adbc.Cursor.fetch_arrow_table = watched_fetch
