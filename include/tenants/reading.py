"""Read and check the tenant files of a folder: every fault of every file at once, or all tenants.

YAML is read as plain text, numbers and booleans: days stay text until their field reads them, and a key written twice
is refused, where YAML's own rules would keep the last one without a word. What the database makes of the files is left
to plan.py.
"""

from collections.abc import Hashable, Iterator, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from include.errors import InvalidInput
from include.exports.data_sets import DATA_SETS, DataSet
from include.tenants.faults import Fault, Location, faults_of
from include.tenants.fields import nearest
from include.tenants.record import DATED
from include.tenants.tenant_file import TenantFile

_UNIQUE_BY = {
    "ad_accounts": ("platform", "account_id"),
    "destinations": ("destination_id",),
    "sources": ("source",),
    "fx_sources": ("source",),
    "campaign_rules": ("name",),
    "operating_costs": ("name", "from"),
    "exports": ("name",),
}
_TIMESTAMP_TAG = "tag:yaml.org,2002:timestamp"


class InvalidTenantFiles(InvalidInput):
    """Tenant files that cannot be used; `lines` holds one line per fault."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = tuple(lines)


def read_tenant_files(folder: Path) -> list[TenantFile]:
    """Return the tenants that the files `<slug>.yaml` of a folder describe, by slug.

    Raises InvalidTenantFiles with every fault of every file, and InvalidInput when there is no such folder.
    """
    if not folder.is_dir():
        raise InvalidInput(f"{folder}: no such folder of tenant files; name it, or set TENANTS_DIR")
    tenants: list[TenantFile] = []
    lines: list[str] = []
    first_with: dict[object, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix not in (".yaml", ".yml") or path.name.startswith("."):
            continue
        data, faults = _load(path)
        tenant, further = _checked(path, data) if data is not None else (None, [])
        faults += further
        slug = data.get("slug") if data else None
        if isinstance(slug, str) and first_with.setdefault(slug, path) != path:
            faults.append(Fault(("slug",), f"{slug} is also the slug of {first_with[slug]}"))
        lines += [fault.line(str(path)) for fault in faults]
        tenants += [tenant] if tenant else []
    if lines:
        raise InvalidTenantFiles(lines)
    return sorted(tenants, key=lambda tenant: tenant.slug)


class _Loader(yaml.SafeLoader):
    """YAML without timestamps and without repeated keys."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own name for a class's table
        first: [(tag, pattern) for tag, pattern in resolvers if tag != _TIMESTAMP_TAG]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            if key is not None and key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key} is written twice; keep one", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


def _load(path: Path) -> tuple[dict[str, Any] | None, list[Fault]]:
    try:
        data = yaml.load(path.read_bytes(), _Loader)  # noqa: S506 - a SafeLoader with fewer types
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        return None, [Fault((), f"{place}{error.problem}")]
    except yaml.YAMLError:
        return None, [Fault((), "is not text in UTF-8 without control characters")]
    except ValueError as error:
        return None, [Fault((), f"holds a value that YAML cannot read: {error}")]
    if not isinstance(data, dict):
        return None, [Fault((), "must be a mapping of fields that begins with slug: and the file's name")]
    return data, []


def _checked(path: Path, data: dict[str, Any]) -> tuple[TenantFile | None, list[Fault]]:
    checks = (_order_faults, _repetitions, _fx_faults, _rule_faults, _cost_faults, _export_faults)
    between_parts = [*_name_faults(path, data), *(fault for check in checks for fault in check(data))]
    try:
        return TenantFile.model_validate(data), between_parts
    except ValidationError as error:
        return None, faults_of(error) + between_parts


def _name_faults(path: Path, data: dict[str, Any]) -> Iterator[Fault]:
    if path.suffix != ".yaml":
        yield Fault((), f"must end in .yaml; rename it to {path.stem}.yaml")
    slug = data.get("slug")
    if isinstance(slug, str) and slug != path.stem:
        yield Fault(
            ("slug",), f"must equal the file's name {path.stem}, got {slug!r}; a renamed slug is another tenant"
        )


def _order_faults(data: dict[str, Any]) -> Iterator[Fault]:
    for part in DATED:
        yield from _order_faults_of(part, _entries(data, part))


def _order_faults_of(part: str, entries: list[tuple[int, dict[str, Any]]]) -> Iterator[Fault]:
    before: date | None = None
    for index, entry in entries:
        if "from" not in entry or entry["from"] is None:
            if index > 0:
                yield Fault((part, index, "from"), "is missing; only the first entry holds from the beginning")
            continue
        day = _day_of(entry["from"])
        if day is None:
            continue
        if before is not None and day <= before:
            yield Fault((part, index, "from"), f"must be after {before} of the entry above, got {day}")
        before = day


def _cost_faults(data: dict[str, Any]) -> Iterator[Fault]:
    for index, entry in _entries(data, "operating_costs"):
        first, end = _day_of(entry.get("from")), _day_of(entry.get("until"))
        if first is not None and end is not None and end <= first:
            yield Fault(("operating_costs", index, "until"), f"must be after from, {first}, got {end}")
        percent = _number_of(entry.get("amount")) if entry.get("per") == "net_sales_percent" else None
        if percent is not None and percent > 100:
            yield Fault(("operating_costs", index, "amount"), f"must be between 0 and 100 per cent, got {percent}")
        if entry.get("kind") == "marketing" and entry.get("per") in ("order", "net_sales_percent"):
            yield Fault(("operating_costs", index, "per"), "must be day, month or year for a cost of kind marketing")
    without_default = not any(entry.get("default_percent") is not None for _, entry in _entries(data, "cogs"))
    for index, entry in _entries(data, "formulas"):
        if entry.get("missing_cost_policy") == "default_percent" and without_default:
            fault = "is default_percent; give cogs a default_percent, or choose exclude or zero"
            yield Fault(("formulas", index, "missing_cost_policy"), fault)


def _export_faults(data: dict[str, Any]) -> Iterator[Fault]:
    for index, entry in _entries(data, "exports"):
        chosen, columns = DATA_SETS.get(str(entry.get("data_set"))), entry.get("columns")
        if chosen is not None and isinstance(columns, list):
            for place, name in enumerate(columns):
                yield from _column_faults(("exports", index, "columns", place), name, columns[:place], chosen)
        if "at_hour" in entry and entry.get("every") in ("quarter_hour", "hour"):
            yield Fault(("exports", index, "at_hour"), "must be left out: only days and weeks begin at an hour")


def _column_faults(location: Location, name: Any, before: list[Any], chosen: DataSet) -> Iterator[Fault]:
    if name in before:
        yield Fault(location, f"{name} is written twice; keep one")
    elif isinstance(name, str) and name not in chosen.columns:
        known = nearest(name, chosen.columns) or f"; known are {', '.join(chosen.columns)}"
        yield Fault(location, f"{name} is no column of {chosen.name}{known}")


def _day_of(value: Any) -> date | None:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        return None


def _number_of(value: Any) -> Decimal | None:
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _fx_faults(data: dict[str, Any]) -> Iterator[Fault]:
    for index, entry in _entries(data, "fx_sources"):
        if entry.get("source") == "tenant" and entry.get("path") is None:
            yield Fault(("fx_sources", index, "path"), "is missing; name the tenant's CSV, such as /rates.csv")
        if entry.get("source") == "ecb" and entry.get("path") is not None:
            yield Fault(("fx_sources", index, "path"), "must be left out: the bank's files have names of their own")


def _rule_faults(data: dict[str, Any]) -> Iterator[Fault]:
    accounts = {(entry.get("platform"), entry.get("account_id")) for _, entry in _entries(data, "ad_accounts")}
    for index, entry in _entries(data, "campaign_rules"):
        named = entry.get("platform"), entry.get("account_id")
        if all(isinstance(part, str) for part in named) and named not in accounts:
            yield Fault(("campaign_rules", index, "account_id"), f"{named[1]} is no {named[0]} account of this file")


def _repetitions(data: dict[str, Any]) -> Iterator[Fault]:
    for part, fields in _UNIQUE_BY.items():
        seen: set[str] = set()
        for index, entry in _entries(data, part):
            key = " ".join(str(entry[field]) for field in fields if field in entry)
            if key and key in seen:
                yield Fault((part, index), f"{key} is written twice; keep one")
            seen.add(key)
    readers = data.get("readers")
    names = readers if isinstance(readers, list) else []
    for index, name in enumerate(names):
        if name in names[:index]:
            yield Fault(("readers", index), f"{name} is written twice; keep one")


def _entries(data: dict[str, Any], part: str) -> list[tuple[int, dict[str, Any]]]:
    entries = data.get(part)
    if not isinstance(entries, list):
        return []
    return [(index, entry) for index, entry in enumerate(entries) if isinstance(entry, dict)]
