"""Job 3, attribution_export_scheduler: the tenant's export definitions that are due, each in a transaction of its own.

A due definition's rows are read twice from one snapshot, a batch at a time: once to tell which parts differ from the
files that stand, then those parts alone, to write them. How files become visible is left to include/exports/publish.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, cast

import psycopg

from include.alerts.alerts import Alert
from include.alerts.failure import AlertingFailure
from include.clock import local_today
from include.errors import DeadlineExceeded, InvalidInput, LeaseLost
from include.exports.definition import ExportDefinition, slot_of
from include.exports.manifest import Manifest, PartFile
from include.exports.publish import Found, contents, find, publish, sweep, write_parts
from include.exports.root import Folder, OpenRoot
from include.jobs.request import Job, JobRequest, JobResult
from include.metrics.days import Days, runs_of
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant

if TYPE_CHECKING:
    import pyarrow as pa

EXPORT_FAILED = "export_failed"
RULES = (EXPORT_FAILED,)

_DAY = timedelta(days=1)
_Failed = tuple[str, Exception]
"""An export's name and what it failed of."""


def attribution_export_scheduler(
    session: TenantSession, clients: Mapping[str, object], tenant: Tenant, request: JobRequest
) -> JobResult:
    """Bring the due exports up to date, one step each; counts due, and per step exported, files, rows and bytes.

    One that fails leaves the others be and is due again; the job then fails with an alert per export.
    """
    exported = {row.name: row.slot_at for row in session.rows("exports/select_states")}
    due = [
        definition
        for definition in tenant.exports
        if definition.name not in exported
        or exported[definition.name] < slot_of(definition, tenant.timezone, request.now)
    ]
    return JobResult(counts={"due": len(due)}, then=_step(due, ()), alert_rules=RULES)


def _step(due: Sequence[ExportDefinition], failed: tuple[_Failed, ...]) -> Job | None:
    """Return the job of the first of the due definitions, which goes on with the others; after the last, of failing."""
    if not due:
        return _fail_with(failed) if failed else None
    definition, *others = due

    def export(session: TenantSession, clients: Mapping[str, object], tenant: Tenant, request: JobRequest) -> JobResult:
        try:
            counts = _Export(session, cast(OpenRoot, clients["exports"]), tenant, request, definition).run()
        except (DeadlineExceeded, LeaseLost, psycopg.Error):
            # These end the tenant's turn, whichever export it stood at.
            raise
        except Exception as error:  # noqa: BLE001 - every store's library has exceptions of its own
            return JobResult(then=_step(others, (*failed, (definition.name, error))))
        return JobResult(counts=counts, then=_step(others, failed))

    return export


def _fail_with(failed: tuple[_Failed, ...]) -> Job:
    alerts = [Alert(EXPORT_FAILED, name, _said(error)) for name, error in failed]

    def fail(session: TenantSession, clients: Mapping[str, object], tenant: Tenant, request: JobRequest) -> JobResult:
        said = "; ".join(f"export {alert.subject}: {alert.detail}" for alert in alerts)
        raise AlertingFailure(said, alerts) from failed[0][1]

    return fail


def _said(error: Exception) -> str:
    if isinstance(error, InvalidInput):
        return str(error)
    # A store's own message may quote what it was sent.
    name = type(error).__name__
    return f"its destination failed ({name})" if isinstance(error, OSError) else f"it failed ({name})"


@dataclass(frozen=True)
class _Export:
    """One definition's turn."""

    session: TenantSession
    open_root: OpenRoot
    tenant: Tenant
    request: JobRequest
    definition: ExportDefinition

    def run(self) -> Mapping[str, int]:
        """Write what differs and say how much that was; a dry run only says it."""
        folder = self.open_root(self.definition.destination) / self.tenant.slug / self.definition.name
        found = find(folder, self.tenant.slug, self.definition)
        last = self.session.row("exports/select_state", export=self.definition.name)
        undisturbed = last is not None and last.manifest_sha256 == found.sha256
        stands = found.manifest if found.manifest is not None and found.manifest.is_of(self.definition) else None
        parts = stands.parts if stands is not None else {}
        # Files are believed where they are: a run may have died, or somebody have taken one away.
        there = {label: file for label, file in parts.items() if (folder / file.path).exists()}
        window = self._window(stands, lost=parts.keys() - there.keys())
        said = contents(self._rows(window), self.definition)
        kept = _kept(there, said, window.first)
        changed = {label for label in said if label not in kept}
        if self.request.dry_run:
            return {"files": len(changed)}
        files = dict(self._written(folder, said, changed, window))
        if not undisturbed:
            standing = found.manifest.parts.values() if found.manifest is not None else ()
            sweep(folder, {file.path for file in (*standing, *kept.values(), *files.values())})
        sha256 = self._published(folder, found, stands, {**kept, **files})
        self.session.execute(
            "exports/upsert_state",
            export=self.definition.name,
            slot_at=slot_of(self.definition, self.tenant.timezone, self.request.now),
            manifest_sha256=sha256,
            run_id=self.request.run_id,
            exported_at=self.request.now,
        )
        return {
            "exported": 1,
            "files": len(files),
            "rows": sum(file.rows for file in files.values()),
            "bytes": sum(file.bytes for file in files.values()),
        }

    def _window(self, stands: Manifest | None, lost: Set[str]) -> Days:
        """Return the days to look at: all where other columns or another format stand, or an older part is lost."""
        definition, now = self.definition, self.request.now
        # Nothing is known of the days after tomorrow in any zone's calendar.
        end = local_today(self.tenant.timezone, now) + 2 * _DAY
        first = definition.first_day(self.tenant.timezone, now)
        if stands is None or any(_days_of(label)[-1] < first for label in lost):
            first = replace(definition, days=None).first_day(self.tenant.timezone, now)
        return Days(first, end)

    def _rows(self, days: Days) -> "Iterator[pa.RecordBatch]":
        query = f"exports/select_{self.definition.data_set}"
        return self.session.batches(query, first=days.first, last=days.last, timezone=self.tenant.timezone)

    def _written(
        self, folder: Folder, said: Mapping[str, str], changed: set[str], window: Days
    ) -> Iterator[tuple[str, PartFile]]:
        first_days = [day for label in changed for day in _days_of(label)]
        for days in runs_of(first_days):
            within = Days(max(days.first, window.first), min(days.last, window.last))
            yield from write_parts(folder, self._rows(within), self.definition, said)

    def _published(self, folder: Folder, found: Found, stands: Manifest | None, parts: Mapping[str, PartFile]) -> str:
        if stands is not None and dict(stands.parts) == dict(parts):
            return found.sha256
        manifest = Manifest(
            tenant=self.tenant.slug,
            export=self.definition.name,
            data_set=self.definition.data_set,
            file_format=self.definition.file_format,
            columns=tuple(self.definition.chosen),
            published_at=self.request.now.isoformat(),
            parts=parts,
        )
        return publish(folder, found, manifest)


def _kept(there: Mapping[str, PartFile], said: Mapping[str, str], first: date) -> dict[str, PartFile]:
    """Return the files that stay: those whose rows are the same, and those before the days looked at."""
    return {
        label: file for label, file in there.items() if said.get(label) == file.content or _days_of(label)[-1] < first
    }


def _days_of(label: str) -> list[date]:
    """Return the days of a part: day=2026-03-28 or month=2026-03."""
    kind, _, text = label.partition("=")
    if kind == "day":
        return [date.fromisoformat(text)]
    month = date.fromisoformat(f"{text}-01")
    return [day for day in (month + number * _DAY for number in range(31)) if day.month == month.month]
