"""What a tenant says about its costs: payment rates, fulfilment, where unit costs come from, operating costs.

Amounts are major units of the tenant's currency, percents are per cent. How costs are computed from them is in costs.py
and operating.py; how a file and a table hold them is left to include/tenants.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict

from include.ids import settings_version
from include.tenants.fields import Exact, Name, between

ANY_GATEWAY = "*"

Percent = Annotated[Exact, between(0, 100)]
Amount = Annotated[Exact, between(0, 10**12)]


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PaymentRate(_Settings):
    """What a gateway takes of each payment: percent of the captured amount plus fixed."""

    gateway: Name
    """As orders.gateway has it; "*" for every gateway without a rate of its own, and orders that name none."""
    percent: Percent
    fixed: Amount = Decimal(0)


class Fulfilment(_Settings):
    """The rate card of packing and shipping; per_return is paid per refund that sends goods back."""

    per_order: Amount
    per_item: Amount = Decimal(0)
    per_return: Amount = Decimal(0)


def _each_gateway_once(rates: tuple[PaymentRate, ...]) -> tuple[PaymentRate, ...]:
    names = [rate.gateway for rate in rates]
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise ValueError(f"must name each gateway once, {repeated} is there twice")
    return rates


class CostSettings(_Settings):
    """TenantCostConfig: what selling costs from one day on. A part that is left out is unknown, not free."""

    payment_rates: Annotated[tuple[PaymentRate, ...], AfterValidator(_each_gateway_once)] = ()
    fulfilment: Fulfilment | None = None

    def version(self) -> int:
        """Return the stable hash of all settings."""
        return settings_version("cost_settings", self.model_dump(mode="json"))

    def rate_of(self, gateway: str | None) -> PaymentRate | None:
        """Return the rate of a gateway, else the one of "*", else None: nobody knows."""
        by_name = {rate.gateway: rate for rate in self.payment_rates}
        return by_name.get(gateway or ANY_GATEWAY) or by_name.get(ANY_GATEWAY)


class CogsSettings(_Settings):
    """TenantCOGSConfig: whose unit costs hold, and what goods without one are taken to cost by default_percent."""

    source: Literal["shopify", "internal"] = "shopify"
    """shopify: the shop's own unit costs. internal: the tenant's cost table, then the shop's where it has none."""
    default_percent: Percent | None = None
    """Of the goods' net sales; used by missing_cost_policy default_percent only."""

    def version(self) -> int:
        """Return the stable hash of all settings."""
        return settings_version("cogs_settings", self.model_dump(mode="json"))


@dataclass(frozen=True)
class OperatingCost:
    """One cost of running the business on the tenant-local days [valid_from, valid_to); None has no end.

    amount: major units of the tenant's currency per day, month, year or order, or per cent of net sales.
    """

    name: str
    kind: Literal["fixed", "marketing", "custom"]
    amount: Decimal
    per: Literal["day", "month", "year", "order", "net_sales_percent"]
    valid_from: date
    valid_to: date | None = None
