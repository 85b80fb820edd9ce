"""One export as its tenant asks for it, and when it is due; no I/O, no clock."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from include.clock import local_today
from include.exports.data_sets import DATA_SETS, DataSet, Kind

Cadence = Literal["quarter_hour", "hour", "day", "week"]

THE_BEGINNING = date(1970, 1, 1)


@dataclass(frozen=True)
class ExportDefinition:
    """As control.tenant_exports has it. columns: empty for all. days: how many back it looks, None for all."""

    name: str
    data_set: str
    file_format: Literal["parquet", "csv"]
    destination: str
    every: Cadence
    at_hour: int = 0
    columns: tuple[str, ...] = ()
    days: int | None = None

    @property
    def source(self) -> DataSet:
        return DATA_SETS[self.data_set]

    @property
    def chosen(self) -> dict[str, Kind]:
        """The file's columns, in its order, by name and kind."""
        columns = self.source.columns
        return {name: columns[name] for name in self.columns or columns}

    def first_day(self, timezone: str, now: datetime) -> date:
        """Return the first tenant-local day that a run at now (UTC) looks at: the first of a part, so that parts are
        whole."""
        if self.days is None:
            return THE_BEGINNING
        first = local_today(timezone, now) - timedelta(days=self.days - 1)
        return first.replace(day=1) if self.source.parts == "month" else first


def slot_of(definition: ExportDefinition, timezone: str, now: datetime) -> datetime:
    """Return the last instant (UTC) at or before now (UTC) at which the definition fell due.

    Quarters and hours are the clock's; days and weeks begin at at_hour of the tenant's zone (IANA), weeks on Monday. An
    hour that a day skips is its next one.
    """
    if definition.every in ("quarter_hour", "hour"):
        minute = now.minute - now.minute % 15 if definition.every == "quarter_hour" else 0
        return now.replace(minute=minute, second=0, microsecond=0)
    step = timedelta(days=1 if definition.every == "day" else 7)
    day = local_today(timezone, now)
    if definition.every == "week":
        day -= timedelta(days=day.weekday())
    slot = _at(day, definition.at_hour, timezone)
    return slot if slot <= now else _at(day - step, definition.at_hour, timezone)


def _at(day: date, hour: int, timezone: str) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=ZoneInfo(timezone)).astimezone(UTC)
