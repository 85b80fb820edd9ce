"""What would have to change in the database for a tenant to be as its file says, and what each change means.

A change names one field, or one row that is added or removed. How changes are printed and written is left to plan.py
and configuration.py.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel

from include.metrics.budget import AdBudget
from include.metrics.preferences import FormulaPreferences
from include.pnl.cost_settings import CogsSettings, CostSettings
from include.tenants.record import DATED, KEYS, Record, Row
from include.tenants.settings import AttributionSettings
from include.tenants.tenant import FROM_THE_BEGINNING

_CONSEQUENCES = {
    "timezone": "days already computed keep the old zone until their range is computed again",
    "currency": "figures already stored keep the old currency",
    "db_conn_id": "rows already stored stay in the old database",
}
_DEFAULTS: Mapping[str, BaseModel] = {
    "attribution": AttributionSettings(),
    "formulas": FormulaPreferences(),
    "costs": CostSettings(),
    "cogs": CogsSettings(),
    "ad_budgets": AdBudget(),
}
_RESTATEMENTS = {
    "attribution": "applies to conversions from {key}; run process_attribution with date_from and date_to to restate"
    " them",
    **dict.fromkeys(
        ("formulas", "costs", "cogs", "operating_costs"),
        "applies to days from {key}; run aggregate_daily_metrics and generate_daily_pnl with date_from and date_to to"
        " restate them",
    ),
}


@dataclass(frozen=True)
class Change:
    """One difference; old and new are written for people, empty where there is nothing."""

    action: Literal["added", "changed", "removed"]
    part: str
    key: str
    field: str
    old: str
    new: str
    note: str = ""

    @property
    def what(self) -> str:
        """Return where the change is, such as "attribution from 2026-03-01: lookback_days"."""
        row = f"{self.part} from {self.key}" if self.part in DATED else f"{self.part} {self.key}".rstrip()
        return f"{row}: {self.field}" if self.field else row


def differences(old: Record | None, new: Record, now: datetime) -> list[Change]:
    """Return the changes from old (None: the tenant is not there) to new, part by part.

    now: business time, UTC; a change of settings that began before it says which conversions it applies to.
    """
    if old is None:
        return [_row_change("added", part, key, row) for part, rows in new.items() for key, row in rows.items()]
    return [change for part in new for change in _part_changes(part, old[part], new[part], now)]


def _part_changes(part: str, old: Mapping[str, Row], new: Mapping[str, Row], now: datetime) -> Iterator[Change]:
    for key in [*old, *(key for key in new if key not in old)]:
        before, after = old.get(key), new.get(key)
        if before == after:
            continue
        note = _restatement(part, key, before, after, now)
        if before is None and after is not None:
            yield _row_change("added", part, key, after, note)
        elif after is None and before is not None:
            yield _row_change("removed", part, key, before, note)
        elif before is not None and after is not None:
            yield from _field_changes(part, key, _fields(part, before), _fields(part, after), note)


def _field_changes(part: str, key: str, old: Row, new: Row, note: str) -> Iterator[Change]:
    names = [*old, *(name for name in new if name not in old)]
    changed = [name for name in names if old.get(name) != new.get(name)]
    for name in changed:
        # What a change of an entry means is the same for all its fields, and said once.
        said = _CONSEQUENCES.get(name, "") if part == "tenant" else note if name == changed[-1] else ""
        yield Change("changed", part, key, name, _text(old.get(name)), _text(new.get(name)), said)


def _row_change(action: Literal["added", "removed"], part: str, key: str, row: Row, note: str = "") -> Change:
    text = _summary(part, row)
    return Change(action, part, key, "", text if action == "removed" else "", text if action == "added" else "", note)


def _restatement(part: str, key: str, old: Row | None, new: Row | None, now: datetime) -> str:
    note = _RESTATEMENTS.get(part, "")
    start = min(_instant(row["valid_from"]) for row in (old, new) if row is not None) if note else now
    day = key.rpartition(" ")[2] if part == "operating_costs" else key
    return note.format(key="the beginning" if start == FROM_THE_BEGINNING else day) if start <= now else ""


def _instant(start: date) -> datetime:
    return start if isinstance(start, datetime) else datetime(start.year, start.month, start.day, tzinfo=UTC)


def _fields(part: str, row: Row) -> Row:
    return {"valid_from": row["valid_from"], **row["settings"]} if part in DATED else row


def _summary(part: str, row: Row) -> str:
    if part in DATED:
        defaults = _DEFAULTS[part].model_dump(mode="json")
        shown = {name: value for name, value in row["settings"].items() if value != defaults.get(name)}
        return _named(shown) or "defaults"
    key = KEYS.get(part, ())
    return _named({name: value for name, value in row.items() if name not in key and value is not None})


def _named(fields: Row) -> str:
    return ", ".join(f"{name}={_text(value)}" for name, value in fields.items())


def _text(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return json.dumps(value, ensure_ascii=False)
