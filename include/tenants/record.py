"""A tenant's configuration as rows, the same from a file and from the database, so that the two can be compared.

A record holds parts, a part holds rows by key, a row holds fields by name. What differs between two records is left to
differences.py.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from include.tenants.tenant import FROM_THE_BEGINNING
from include.tenants.tenant_file import CampaignRule, Export, OperatingCostEntry, TenantFile

Row = Mapping[str, Any]
Record = Mapping[str, Mapping[str, Row]]

TENANT_FIELDS = ("slug", "name", "brand", "status", "timezone", "currency", "db_conn_id")
KEYS: Mapping[str, tuple[str, ...]] = {
    "attribution": ("valid_from",),
    "ad_accounts": ("platform", "account_id"),
    "destinations": ("destination_id",),
    "sources": ("source",),
    "fx_sources": ("source",),
    "campaign_rules": ("name",),
    "formulas": ("valid_from",),
    "costs": ("valid_from",),
    "cogs": ("valid_from",),
    "operating_costs": ("name", "valid_from"),
    "ad_budgets": ("valid_from",),
    "exports": ("name",),
    "readers": ("role",),
}
"""Part with many rows -> its key within a tenant."""

DATED = ("attribution", "formulas", "costs", "cogs", "ad_budgets")
"""Parts whose rows are settings in force from an instant on: valid_from (UTC) and settings."""


def record_of_file(file: TenantFile) -> Record:
    """Return the rows that a file asks for; days become instants (UTC) at the tenant's local midnight."""
    parts: dict[str, list[Row]] = {
        **{part: _dated(file, part) for part in DATED},
        "ad_accounts": [account.model_dump() for account in file.ad_accounts],
        "destinations": [
            {**destination.model_dump(), "send_from": file.first_instant_of(destination.send_from)}
            for destination in file.destinations
        ],
        "sources": [source.model_dump() for source in file.sources],
        "fx_sources": [{**source.model_dump(), "position": at} for at, source in enumerate(file.fx_sources)],
        "campaign_rules": [_rule(file, rule, at) for at, rule in enumerate(file.campaign_rules)],
        "operating_costs": [_operating_cost(cost) for cost in file.operating_costs],
        "exports": [_export(export, at) for at, export in enumerate(file.exports)],
        "readers": [{"role": role} for role in file.readers],
    }
    return record({name: getattr(file, name) for name in TENANT_FIELDS}, parts)


def _dated(file: TenantFile, part: str) -> list[Row]:
    return [
        {"valid_from": _beginning(file, entry.from_day), "settings": entry.settings().model_dump(mode="json")}
        for entry in getattr(file, part)
    ]


def _operating_cost(cost: OperatingCostEntry) -> Row:
    fields = cost.model_dump(exclude={"from_day", "until"})
    return {**fields, "valid_from": cost.from_day or FROM_THE_BEGINNING.date(), "valid_to": cost.until}


def _export(export: Export, position: int) -> Row:
    return {**export.model_dump(exclude={"columns"}), "position": position, "columns": list(export.columns)}


def _rule(file: TenantFile, rule: CampaignRule, position: int) -> Row:
    fields = rule.model_dump(exclude={"when", "from_day"})
    valid_from = _beginning(file, rule.from_day)
    return {**fields, "position": position, "conditions": dict(rule.when), "valid_from": valid_from}


def _beginning(file: TenantFile, day: date | None) -> datetime:
    return FROM_THE_BEGINNING if day is None else file.first_instant_of(day)


def record(tenant: Row, parts: Mapping[str, Sequence[Row]]) -> Record:
    """Return a record of a row of control.tenants and of the rows of each part in KEYS."""
    zone = str(tenant["timezone"])
    keyed = {part: {_key(part, row, zone): row for row in rows} for part, rows in parts.items()}
    return {"tenant": {"": tenant}, **keyed}


def _key(part: str, row: Row, zone: str) -> str:
    if part not in DATED:
        return " ".join(str(row[field]) for field in KEYS[part])
    valid_from: datetime = row["valid_from"]
    return "the beginning" if valid_from == FROM_THE_BEGINNING else _local_day(valid_from, zone)


def _local_day(instant: datetime, zone: str) -> str:
    """Return the local day that begins at instant (ISO), or the instant itself (ISO, UTC) when none does."""
    local = instant.astimezone(ZoneInfo(zone))
    midnight = datetime.combine(local.date(), time.min, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return local.date().isoformat() if midnight == instant else instant.astimezone(UTC).isoformat()
