"""What of a tenant's daily figures needs a person: stale or incomplete days, four kinds of anomaly, a month off pace.

Pure: the job reads the days and settles the alerts, which are resolved by the run that does not find them again. A day
is judged once its spend is known; comparisons are with the days of two weeks before it.
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
PACE = "spend_pace"
RULES = (STALE, INCOMPLETE, TRACKING_BROKEN, SPEND_SPIKE, SPEND_STOPPED, CPA_SURGE, PACE)

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
_SHOP = "shop"


@dataclass(frozen=True)
class CheckedDay:
    """A stored day, over in the tenant's zone or not. Money in major units; incomplete: per input, why."""

    day: date
    orders: int
    attributed_orders: int
    ad_spend: Decimal | None
    incomplete: Mapping[str, str]


@dataclass(frozen=True)
class Inputs:
    """Up to when inputs are known. sales: UTC. spend: last day all ad accounts have, None none; expected: whether the
    tenant has ad accounts."""

    sales: datetime
    spend: date | None
    spend_expected: bool


def alerts_of(
    days: Sequence[CheckedDay], inputs: Inputs, budget: AdBudget, now: datetime, today: date
) -> tuple[Alert, ...]:
    """Return what needs a person at now (UTC), a tenant-local today; days: the newest CHECKED_DAYS, ascending."""
    closed = [day for day in days if day.day < today]
    return (
        *_stale(inputs, now, today),
        *_incomplete(closed, today),
        *_anomalies(closed, today),
        *_off_pace(closed, budget, today),
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
