"""One readable line for each thing that is wrong with a tenant file: where, what it must be, what it is.

    tenants/acme.yaml: attribution[1].lookback_days: must be between 1 and 90, got 400

Which rules there are is left to tenant_file.py and reading.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from include.metrics.preferences import WaterfallLayer
from include.pnl.cost_settings import Fulfilment, PaymentRate
from include.tenants.fields import nearest
from include.tenants.settings import ChannelOverride
from include.tenants.tenant_file import (
    AdAccount,
    AdBudgetEntry,
    AttributionEntry,
    CampaignRule,
    CogsEntry,
    CostEntry,
    Destination,
    Export,
    FormulaEntry,
    FxSource,
    OperatingCostEntry,
    Source,
    TenantFile,
)

Location = tuple[str | int, ...]

_MODELS: Mapping[tuple[str, ...], type[BaseModel]] = {
    (): TenantFile,
    ("attribution",): AttributionEntry,
    ("attribution", "channel_overrides"): ChannelOverride,
    ("ad_accounts",): AdAccount,
    ("destinations",): Destination,
    ("sources",): Source,
    ("fx_sources",): FxSource,
    ("campaign_rules",): CampaignRule,
    ("formulas",): FormulaEntry,
    ("formulas", "waterfall_layers"): WaterfallLayer,
    ("costs",): CostEntry,
    ("costs", "payment_rates"): PaymentRate,
    ("costs", "fulfilment"): Fulfilment,
    ("cogs",): CogsEntry,
    ("operating_costs",): OperatingCostEntry,
    ("ad_budgets",): AdBudgetEntry,
    ("exports",): Export,
}
_KINDS = {
    "missing": "is missing",
    "string_type": "must be text; put it in quotes",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list",
    "too_long": "has too many items",
    "dict_type": "must be a mapping of fields",
    "model_type": "must be a mapping of fields",
}
_SHOWN_CHARACTERS = 60


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong; location is empty for the file as a whole."""

    location: Location
    message: str

    def line(self, name: str) -> str:
        """Return the fault as one line; name: the file's path as the person typed it."""
        where = ""
        for part in self.location:
            where += f"[{part}]" if isinstance(part, int) else f"{'.' if where else ''}{part}"
        return f"{name}: {where}: {self.message}" if where else f"{name}: {self.message}"


def faults_of(error: ValidationError) -> list[Fault]:
    """Return the faults of a file that TenantFile refused, in the order of its fields."""
    return [_fault(detail) for detail in error.errors(include_url=False)]


def _fault(detail: Mapping[str, Any]) -> Fault:
    location: Location = detail["loc"]
    if location[-1:] == ("[key]",):
        return Fault(location[:-1], f"unknown field{_nearest_key(detail)}")
    if detail["type"] == "extra_forbidden":
        return Fault(location, f"unknown field{nearest(str(location[-1]), _known_fields(location))}")
    message, suggests, suggestion = _message(detail).partition("; did you mean ")
    return Fault(location, message + _got(detail) + suggests + suggestion)


def _message(detail: Mapping[str, Any]) -> str:
    kind = detail["type"]
    if kind == "value_error":
        return str(detail["ctx"]["error"])
    if kind == "literal_error":
        choices = detail["ctx"]["expected"].replace("'", "")
        return f"must be {choices}{_nearest_choice(detail)}"
    return _KINDS.get(kind) or str(detail["msg"])


def _got(detail: Mapping[str, Any]) -> str:
    if detail["type"] in ("missing", "too_long"):
        return ""
    text = repr(detail["input"])
    return f", got {text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + '...'}"


def _known_fields(location: Location) -> list[str]:
    path = tuple(part for part in location[:-1] if isinstance(part, str))
    model = _MODELS.get(path)
    return [field.alias or name for name, field in model.model_fields.items()] if model else []


def _nearest_key(detail: Mapping[str, Any]) -> str:
    rule: type[BaseModel] = CampaignRule if detail["loc"][0] == "campaign_rules" else ChannelOverride
    keys: Sequence[str] = get_args(get_args(rule.model_fields["when"].annotation)[0])
    return nearest(str(detail["input"]), keys) or f"; known are {', '.join(keys)}"


def _nearest_choice(detail: Mapping[str, Any]) -> str:
    # pydantic writes the choices as prose: 'a', 'b' or 'c'.
    return nearest(str(detail["input"]), detail["ctx"]["expected"].split("'")[1::2])
