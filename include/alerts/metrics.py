"""What of a tenant's daily figures needs a person: stale or incomplete days, anomalies, pace, unknown costs.

Pure: the job reads the days and settles the alerts, which are resolved by the run that does not find them again. Spend
of a day is judged once it is known; comparisons are with the days of two weeks before it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from include.alerts.alerts import Alert
from include.metrics.budget import AdBudget, pace_of
from include.metrics.ratio import quotient

STALE = "metrics_stale"
INCOMPLETE = "metrics_incomplete"
TRACKING_BROKEN = "tracking_broken"
SPEND_SPIKE = "spend_spike"
SPEND_STOPPED = "spend_stopped"
CPA_SURGE = "cpa_surge"
ATTRIBUTION_LOST = "attribution_lost"
PACE = "spend_pace"
COSTS_UNKNOWN = "costs_unknown"
RULES = (
    STALE,
    INCOMPLETE,
    TRACKING_BROKEN,
    SPEND_SPIKE,
    SPEND_STOPPED,
    CPA_SURGE,
    ATTRIBUTION_LOST,
    PACE,
    COSTS_UNKNOWN,
)

CHECKED_DAYS = 31
"""A whole month, which its pace needs."""
_SETTLED_WITHIN = timedelta(days=28)
_COMPARED = timedelta(days=14)
_ENOUGH_DAYS = 7
_SALES_STALE = timedelta(hours=24)
_SPEND_STALE = timedelta(days=3)
_SETTLED_AFTER = timedelta(days=2)
_TIMES = 3
_USUAL_ORDERS = 3
_COSTED_DAYS = timedelta(days=7)
_ENOUGH_COVERAGE = Decimal("0.9")
_SHOP = "shop"


@dataclass(frozen=True)
class CheckedDay:
    """A stored day, over in the tenant's zone or not. Money in major units; incomplete: per input, why."""

    day: date
    orders: int
    attributed_orders: int
    ad_spend: Decimal | None
    incomplete: Mapping[str, str]
    pending_orders: int = 0

    @property
    def settled_orders(self) -> int:
        """Orders of which it is known whether a touch shares them."""
        return self.orders - self.pending_orders


@dataclass(frozen=True)
class CostDay:
    """A stored day's cost of goods. coverage: share of net sales of goods whose unit cost is known, 0 to 1."""

    day: date
    cogs_minor: int | None
    coverage: Decimal


@dataclass(frozen=True)
class Inputs:
    """Up to when inputs are known. sales: UTC. spend: last day all ad accounts have, None none; expected: whether the
    tenant has ad accounts."""

    sales: datetime
    spend: date | None
    spend_expected: bool


def alerts_of(
    days: Sequence[CheckedDay],
    inputs: Inputs,
    budget: AdBudget,
    now: datetime,
    today: date,
    costs: Sequence[CostDay] = (),
) -> tuple[Alert, ...]:
    """Return what needs a person at now (UTC), a tenant-local today.

    days, costs: the newest CHECKED_DAYS, ascending; no costs where goods without one have a default.
    """
    closed = [day for day in days if day.day < today]
    return (
        *_stale(inputs, now, today),
        *_incomplete(closed, today),
        *_anomalies(closed, today),
        *_attribution_lost(closed, today),
        *_off_pace(closed, budget, today),
        *_costs_unknown(costs, today),
    )


def _stale(inputs: Inputs, now: datetime, today: date) -> Iterator[Alert]:
    if now - inputs.sales > _SALES_STALE:
        hours = int((now - inputs.sales).total_seconds() // 3600)
        yield Alert(STALE, "sales", f"{hours} h of webhooks or conversions wait; look at attribution_webhook_queue")
    if not inputs.spend_expected:
        return
    if inputs.spend is None:
        yield Alert(STALE, "spend", "an ad account has no day stored; run the spend syncs and make check-connections")
    elif today - inputs.spend > _SPEND_STALE:
        yield Alert(STALE, "spend", f"stored through {inputs.spend} only; look at the spend syncs' verdicts")


def _incomplete(closed: Sequence[CheckedDay], today: date) -> Iterator[Alert]:
    settled = [day for day in closed if _SETTLED_AFTER < today - day.day <= _SETTLED_WITHIN]
    for name in sorted({name for day in settled for name in day.incomplete}):
        lacking = [day for day in settled if name in day.incomplete]
        count = f"{len(lacking)} day{'s' * (len(lacking) != 1)} from {lacking[0].day}"
        yield Alert(INCOMPLETE, name, f"{count}: {lacking[-1].incomplete[name]}")


def _anomalies(closed: Sequence[CheckedDay], today: date) -> Iterator[Alert]:
    known = [day for day in closed if day.ad_spend is not None]
    if not known or today - known[-1].day > _SPEND_STALE:
        return
    judged = known[-1]
    usual = [day for day in known[:-1] if judged.day - day.day <= _COMPARED]
    if len(usual) < _ENOUGH_DAYS:
        return
    spend = judged.ad_spend or Decimal(0)
    total_spend = sum((day.ad_spend or Decimal(0) for day in usual), Decimal(0))
    usual_spend = total_spend / len(usual)
    usual_orders = Decimal(sum(day.orders for day in usual)) / len(usual)
    if spend > 0 and judged.orders == 0 and usual_orders >= _USUAL_ORDERS:
        yield Alert(TRACKING_BROKEN, _SHOP, f"{judged.day}: spend but no orders, usually {usual_orders:.0f} a day")
    if usual_spend > 0 and spend > _TIMES * usual_spend:
        yield Alert(SPEND_SPIKE, _SHOP, f"{judged.day}: {spend / usual_spend:.1f} times the spend of a usual day")
    if usual_spend > 0 and spend == 0:
        yield Alert(SPEND_STOPPED, _SHOP, f"{judged.day}: no spend at all, usually {usual_spend:.2f} a day")
    yield from _cpa_surge(judged, quotient(total_spend, sum(day.attributed_orders for day in usual)))


def _attribution_lost(closed: Sequence[CheckedDay], today: date) -> Iterator[Alert]:
    """Whether no order has a touch any more, where spend did not stop: a CPA of no orders is null and tells nothing."""
    if not closed or today - closed[-1].day > _SPEND_STALE:
        return
    judged = closed[-1]
    usual = [day for day in closed[:-1] if judged.day - day.day <= _COMPARED]
    if len(usual) < _ENOUGH_DAYS or judged.attributed_orders or judged.settled_orders < _USUAL_ORDERS:
        return
    before = Decimal(sum(day.attributed_orders for day in usual)) / len(usual)
    if before >= _USUAL_ORDERS and judged.ad_spend != 0:
        detail = f"{judged.day}: none of {judged.settled_orders} orders has a touch, usually {before:.0f} a day have"
        yield Alert(ATTRIBUTION_LOST, _SHOP, detail)


def _costs_unknown(costs: Sequence[CostDay], today: date) -> Iterator[Alert]:
    # A shop that never told a cost reads no margins.
    if not any(day.cogs_minor for day in costs):
        return
    recent = [day for day in costs if timedelta(0) < today - day.day <= _COSTED_DAYS]
    lacking = [day for day in recent if day.coverage < _ENOUGH_COVERAGE]
    if lacking:
        worst = min(lacking, key=lambda day: day.coverage)
        yield Alert(
            COSTS_UNKNOWN,
            "cogs",
            f"{len(lacking)} day{'s' * (len(lacking) != 1)} from {lacking[0].day}: unit costs of"
            f" {worst.coverage * 100:.0f} % of goods sold are known on {worst.day}; import the others",
        )


def _off_pace(closed: Sequence[CheckedDay], budget: AdBudget, today: date) -> Iterator[Alert]:
    pace = pace_of(budget, ((day.day, day.ad_spend) for day in closed), today)
    if pace is not None and abs(pace.off_percent) > budget.tolerance_percent:
        side = "over" if pace.off_percent > 0 else "under"
        yield Alert(
            PACE,
            f"{pace.through:%Y-%m}",
            f"{pace.spent:.2f} spent through {pace.through}, {abs(pace.off_percent):.0f} % {side}"
            f" the {pace.expected:.2f} that a budget of {pace.budget:.2f} has by then",
        )


def _cpa_surge(judged: CheckedDay, before: Decimal | None) -> Iterator[Alert]:
    now = quotient(judged.ad_spend, judged.attributed_orders)
    if now is not None and before is not None and before > 0 and now > _TIMES * before:
        detail = f"{judged.day}: {now:.2f} per attributed order, usually {before:.2f}"
        yield Alert(CPA_SURGE, _SHOP, detail)
