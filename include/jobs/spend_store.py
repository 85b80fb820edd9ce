"""A chunk of spend between its report and its table: staged, proven, compared, replaced - in one transaction.

Nothing of a chunk is visible before all of it is. Memory does not grow with the report: rows go from the page to a
temporary table in batches, and everything after that is the database's work.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from include.errors import UntrustedReport
from include.spend.reconcile import Residual
from include.spend.report import Account, AccountFacts, Chunk, Level, schema
from include.storage.session import TenantSession

if TYPE_CHECKING:
    import pyarrow as pa

METRIC_SET_VERSION = 1
"""Raised when the fields that adapters ask for change their meaning."""

ROWS_PER_COPY = 20_000
"""Rows that wait in memory, at least a page."""


@dataclass(frozen=True)
class Load:
    """What all rows of a load have in common; today and final_before are account-local days."""

    account: Account
    facts: AccountFacts
    api_version: str
    load_id: int
    run_id: str
    today: date
    final_before: date
    fetched_at: datetime

    @property
    def key(self) -> dict[str, object]:
        """The account, as statements bind it."""
        return {"platform": self.account.platform, "account_id": self.account.account_id}


@dataclass(frozen=True)
class Written:
    """What replacing a chunk came to. days: rewritten; restated: entities that differ from what was stored."""

    rows: int
    days: int
    restated: int
    sample: tuple[dict[str, Any], ...]


class Stage:
    """The temporary table of one transaction; `take` adds rows of one chunk, `reset` forgets them all."""

    def __init__(self, session: TenantSession, load: Load) -> None:
        self._session = session
        self._load = load
        self._waiting: list[pa.RecordBatch] = []
        self._waiting_rows = 0
        self.rows = 0
        session.execute("spend/create_stage")

    def take(self, chunk: Chunk, batch: "pa.RecordBatch") -> None:
        """Add a page's rows; raises UntrustedReport for rows of other days, levels or currencies than asked for."""
        _require_asked(chunk, self._load.facts.currency, batch)
        self._waiting.append(batch)
        self._waiting_rows += batch.num_rows
        self.rows += batch.num_rows
        if self._waiting_rows >= ROWS_PER_COPY:
            self.flush()

    def flush(self) -> None:
        """Send what waits to the database."""
        if self._waiting:
            self._session.copy("spend_stage", self._waiting, schema())
        self._waiting, self._waiting_rows = [], 0

    def prove(self, chunk: Chunk, level: Level | None) -> list[Residual]:
        """Require that no key came twice and return the account's totals beside the sums of `level`, per day.

        level: the one that is held against the account's total; None where another level was before, then nothing is
        returned. Days that the total leaves out are added as 0, differences as rows of level residual.
        """
        self.flush()
        twice = self._session.row("spend/select_duplicate")
        if twice is not None:
            raise UntrustedReport(f"level {twice.level} has an entity twice on {twice.report_date}; nothing is written")
        if level is None:
            return []
        account = {"account_id": self._load.account.account_id, "currency": self._load.facts.currency}
        self._session.execute("spend/add_quiet_days", date_from=chunk.date_from, date_to=chunk.date_to, **account)
        totals = self._session.rows("spend/select_totals", level=level)
        self._session.execute("spend/add_residuals", level=level, **account)
        return [Residual(*row) for row in totals]

    def replace(self, chunk: Chunk, levels: Sequence[str], sample: int) -> Written:
        """Write the days of the chunk that differ from what is stored, with the log of what differs.

        levels: those that the staged rows are all of. sample: the most days to show.
        """
        where = {**self._load.key, "levels": list(levels), "date_from": chunk.date_from, "date_to": chunk.date_to}
        self._session.execute("spend/create_stage_of_days")
        restated = 0
        if self._session.row("spend/select_any_stored", **where) is None:
            days = self._session.execute("spend/find_new_days")
        else:
            days, restated = self._compare(where)
        if not days:
            return Written(0, 0, restated, ())
        rows = self._session.execute(
            "spend/insert_days",
            **self._load.key,
            timezone=self._load.facts.timezone,
            final_before=self._load.final_before,
            metric_set_version=METRIC_SET_VERSION,
            api_version=self._load.api_version,
            load_id=self._load.load_id,
            fetched_at=self._load.fetched_at,
        )
        self._session.execute("spend/upsert_entities", **self._load.key)
        self._session.execute("spend/queue_restatement")
        shown = self._session.rows("spend/select_days", level=levels[0], most=sample) if sample else []
        return Written(rows, days, restated, tuple(row._asdict() for row in shown))

    def _compare(self, where: dict[str, object]) -> tuple[int, int]:
        """Take the days that differ out of the table and return how many they are, and how many entities differ."""
        load = self._load
        self._session.execute("spend/create_stage_of_changes")
        self._session.execute("spend/find_changes", final_before=load.final_before, **where)
        days = self._session.execute("spend/find_changed_days", **load.key, levels=where["levels"])
        restated = self._session.execute(
            "spend/insert_restatements",
            **load.key,
            load_id=load.load_id,
            currency=load.facts.currency,
            today=load.today,
            run_id=load.run_id,
            fetched_at=load.fetched_at,
        )
        self._session.execute("spend/delete_replaced_days", **load.key, levels=where["levels"])
        return days, restated


def _require_asked(chunk: Chunk, currency: str, batch: "pa.RecordBatch") -> None:
    import pyarrow.compute as pc

    if not batch.num_rows:
        return
    days: Any = pc.min_max(batch.column("report_date"))
    if days["min"].as_py() < chunk.date_from.isoformat() or days["max"].as_py() > chunk.last_day.isoformat():
        raise UntrustedReport(f"a row lies outside {chunk.date_from} to {chunk.last_day}; nothing is written")
    if pc.unique(batch.column("currency")).to_pylist() != [currency]:
        raise UntrustedReport(f"a row has another currency than the account's {currency}; nothing is written")
    if pc.unique(batch.column("level")).to_pylist() != [chunk.level]:
        raise UntrustedReport(f"a row is of another level than {chunk.level}; nothing is written")
