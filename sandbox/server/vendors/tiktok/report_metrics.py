"""Metrics of reports as TikTok writes them: text, `-` where it knows nothing yet. Source: source_apis.md C.3, C.7.

total_complete_payment_rate is the payments' value: that is what the vendor calls it. App metrics stay 0: these shops
sell on the web, and the wrong leg is no error.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from include.money import minor_unit_exponent
from sandbox.world.ad_reports import Figures, ReportRow

UNKNOWN = "-"


@dataclass(frozen=True)
class Shown:
    """What a metric is read from; settled: the books of the day are closed. automation: how the campaign is run."""

    row: ReportRow
    figures: Figures
    currency: str
    settled: bool
    automation: str

    def money(self, micros: int) -> str:
        decimals = Decimal(1).scaleb(-minor_unit_exponent(self.currency))
        return str((Decimal(micros) / 10**6).quantize(decimals))

    @property
    def orders(self) -> int:
        """Orders by the default windows: seven days after a click, one after a view or an engaged view."""
        return self.figures.click_orders[1] + self.figures.view_orders + self.figures.engaged_orders

    @property
    def value_micros(self) -> int:
        return self.figures.click_value_micros[1] + self.figures.view_value_micros + self.figures.engaged_value_micros

    def name(self, level: str) -> str:
        entity = self.row.levels.get(level)
        return entity.name if entity else UNKNOWN

    def id(self, level: str) -> str:
        entity = self.row.levels.get(level)
        return entity.entity_id if entity else UNKNOWN


Metric = Callable[[Shown], str]


def _ratio(top: int, bottom: int) -> str:
    return f"{Decimal(top) / bottom:.2f}" if bottom else "0.00"


def _zero(shown: Shown) -> str:
    return "0"


ADVERTISER_METRICS = frozenset({"cash_spend", "voucher_spend"})
_APP = (
    "vta_purchase vta_registration vta_app_install cta_purchase cta_registration cta_app_install evta_purchase"
    " evta_registration evta_app_install skan_result skan_conversion"
)
METRICS: Mapping[str, Metric] = {
    "spend": lambda one: one.money(one.figures.spend_micros),
    "billed_cost": lambda one: one.money(one.figures.spend_micros) if one.settled else UNKNOWN,
    "cash_spend": lambda one: one.money(one.figures.spend_micros) if one.settled else UNKNOWN,
    "voucher_spend": lambda one: one.money(0) if one.settled else UNKNOWN,
    "impressions": lambda one: str(one.figures.impressions),
    "clicks": lambda one: str(one.figures.clicks),
    "currency": lambda one: one.currency,
    "campaign_id": lambda one: one.id("campaign"),
    "adgroup_id": lambda one: one.id("adgroup"),
    "campaign_name": lambda one: one.name("campaign"),
    "adgroup_name": lambda one: one.name("adgroup"),
    "ad_name": lambda one: one.name("ad"),
    "objective_type": lambda one: "WEB_CONVERSIONS",
    "campaign_automation_type": lambda one: one.automation,
    "conversion": lambda one: str(one.orders),
    "real_time_conversion": lambda one: str(one.orders),
    "complete_payment": lambda one: str(one.orders),
    "total_complete_payment_rate": lambda one: one.money(one.value_micros),
    "value_per_complete_payment": lambda one: _ratio(one.value_micros // 10**4, 100 * one.orders),
    "complete_payment_roas": lambda one: _ratio(one.value_micros, one.figures.spend_micros),
    "cta_conversion": lambda one: str(one.figures.click_orders[1]),
    "vta_conversion": lambda one: str(one.figures.view_orders),
    "cost_per_vta_conversion": lambda one: _ratio(one.figures.spend_micros // 10**4, 100 * one.figures.view_orders),
    "vta_complete_payment": lambda one: str(one.figures.view_orders),
    "vta_complete_payment_value": lambda one: one.money(one.figures.view_value_micros),
    "vta_complete_payment_roas": lambda one: _ratio(one.figures.view_value_micros, one.figures.spend_micros),
    "engaged_view_through_conversions": lambda one: str(one.figures.engaged_orders),
    "evta_payments_completed": lambda one: str(one.figures.engaged_orders),
    **dict.fromkeys(_APP.split(), _zero),
}
GMV_METRICS: Mapping[str, Metric] = {
    "cost": METRICS["spend"],
    "net_cost": METRICS["spend"],
    "orders": METRICS["conversion"],
    "gross_revenue": lambda one: one.money(one.value_micros),
    "cost_per_order": lambda one: _ratio(one.figures.spend_micros // 10**4, 100 * one.orders),
    "roi": METRICS["complete_payment_roas"],
    "currency": METRICS["currency"],
    "campaign_name": METRICS["campaign_name"],
}
