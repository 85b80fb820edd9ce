"""What of daily figures needs a person, and what is left alone."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from include.alerts.metrics import CheckedDay, CostDay, Inputs, alerts_of
from include.metrics.budget import AdBudget, Pace, pace_of

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
TODAY = date(2026, 3, 31)
FRESH = Inputs(NOW, TODAY - timedelta(days=1), spend_expected=True)


def usual(number: int, spend: str | None = "100", orders: int = 10, attributed: int = 5) -> CheckedDay:
    """A day so many days before today."""
    known = None if spend is None else Decimal(spend)
    return CheckedDay(TODAY - timedelta(days=number), orders, attributed, known, {})


HISTORY = [usual(number) for number in range(15, 1, -1)]


def found(days: list[CheckedDay], inputs: Inputs = FRESH, budget: AdBudget | None = None) -> list[tuple[str, str]]:
    return [(alert.rule, alert.subject) for alert in alerts_of(days, inputs, budget or AdBudget(), NOW, TODAY)]


def test_a_usual_day_needs_nobody() -> None:
    assert found([*HISTORY, usual(1), usual(0, None, 0, 0)]) == []


@pytest.mark.parametrize(
    ("yesterday", "rule"),
    [
        (usual(1, "50", orders=0, attributed=0), "tracking_broken"),
        (usual(1, "300.01", attributed=15), "spend_spike"),
        (usual(1, "0"), "spend_stopped"),
        # Usually 20 an order; 100 for one is five times that.
        (usual(1, "100", attributed=1), "cpa_surge"),
    ],
)
def test_each_kind_of_anomaly_is_told_by_its_rule(yesterday: CheckedDay, rule: str) -> None:
    assert found([*HISTORY, yesterday]) == [(rule, "shop")]


@pytest.mark.parametrize(
    "yesterday",
    [usual(1, "300", attributed=15), usual(1, "0.01"), usual(1, "60", attributed=1), usual(1, "0", attributed=0)],
)
def test_three_times_is_no_anomaly_yet_and_no_quotient_is_none(yesterday: CheckedDay) -> None:
    expected = [("spend_stopped", "shop")] if yesterday.ad_spend == 0 else []
    assert found([*HISTORY, yesterday]) == expected


def test_a_shop_without_a_week_of_spend_or_orders_to_compare_is_left_alone() -> None:
    assert found([*HISTORY[-6:], usual(1, "900", orders=0)]) == []
    few = [replace(day, orders=1) for day in HISTORY]
    assert found([*few, usual(1, "50", orders=0, attributed=0)]) == []
    never = [replace(day, ad_spend=Decimal(0)) for day in HISTORY]
    assert found([*never, usual(1, "0")]) == []


def test_a_day_is_judged_once_its_spend_is_known_and_not_for_ever() -> None:
    assert found([*HISTORY[:-1], usual(2, "500"), usual(1, None)]) == [("spend_spike", "shop"), ("cpa_surge", "shop")]
    late = Inputs(NOW, TODAY - timedelta(days=3), spend_expected=True)
    assert found([*HISTORY[:-3], usual(4, "500")], late) == []


def test_inputs_that_stopped_coming_are_stale() -> None:
    days = [*HISTORY, usual(1)]
    assert found(days, replace(FRESH, sales=NOW - timedelta(hours=24))) == []
    assert found(days, replace(FRESH, sales=NOW - timedelta(hours=24, seconds=1))) == [("metrics_stale", "sales")]
    assert found(days, replace(FRESH, spend=TODAY - timedelta(days=3))) == []
    assert found(days, replace(FRESH, spend=TODAY - timedelta(days=4))) == [("metrics_stale", "spend")]
    assert found(days, replace(FRESH, spend=None)) == [("metrics_stale", "spend")]
    assert found(days, Inputs(NOW, None, spend_expected=False)) == []


def test_a_day_that_stays_incomplete_is_told_with_its_reason_once_it_should_have_settled() -> None:
    def lacking(number: int) -> CheckedDay:
        return replace(usual(number), incomplete={"ad_spend": "meta 7: not stored yet"})

    assert found([*HISTORY, lacking(2), lacking(1)]) == []
    (alert,) = alerts_of([lacking(4), lacking(3), usual(1)], FRESH, AdBudget(), NOW, TODAY)
    assert (alert.rule, alert.subject) == ("metrics_incomplete", "ad_spend")
    assert alert.detail == "2 days from 2026-03-27: meta 7: not stored yet"


@pytest.mark.parametrize(
    ("yesterday", "told"),
    [
        (usual(1, "500", orders=20, attributed=0), True),
        (usual(1, None, orders=3, attributed=0), True),
        (usual(1, "100", orders=20, attributed=1), False),
        (usual(1, "100", orders=2, attributed=0), False),
        # What waits for credit may still have a touch, and where spend stopped few touches are left.
        (replace(usual(1, "100", orders=20, attributed=0), pending_orders=18), False),
        (usual(1, "0", orders=20, attributed=0), False),
    ],
)
def test_orders_that_all_lose_their_touches_are_told(yesterday: CheckedDay, told: bool) -> None:
    assert (("attribution_lost", "shop") in found([*HISTORY, yesterday])) == told


def test_a_shop_whose_orders_rarely_have_a_touch_loses_none() -> None:
    few = [replace(day, attributed_orders=2) for day in HISTORY]
    assert found([*few, usual(1, "100", orders=20, attributed=0)]) == []
    assert found([*HISTORY[-6:], usual(1, "100", orders=20, attributed=0)]) == []
    (alert,) = alerts_of([*HISTORY, usual(1, orders=20, attributed=0)], FRESH, AdBudget(), NOW, TODAY)
    assert alert.detail == "2026-03-30: none of 20 orders has a touch, usually 5 a day have"


def costed(number: int, coverage: str, cogs_minor: int | None = -100) -> CostDay:
    return CostDay(TODAY - timedelta(days=number), cogs_minor, Decimal(coverage))


def test_goods_without_a_unit_cost_are_told_where_costs_are_known_at_all() -> None:
    days = [*HISTORY, usual(1)]

    def told(costs: list[CostDay]) -> list[tuple[str, str, str]]:
        alerts = alerts_of(days, FRESH, AdBudget(), NOW, TODAY, costs)
        return [(alert.rule, alert.subject, alert.detail) for alert in alerts]

    assert told([costed(8, "0.1"), costed(7, "0.9"), costed(0, "0.1")]) == []
    assert told([costed(7, "0.2", None), costed(6, "0", None)]) == []
    assert told([costed(9, "1"), costed(7, "0.8999"), costed(6, "0.25", None), costed(5, "1")]) == [
        (
            "costs_unknown",
            "cogs",
            "2 days from 2026-03-24: unit costs of 25 % of goods sold are known on 2026-03-25; import the others",
        )
    ]


# 100 a day through 30 March, of a month with 31 days.
MARCH = [usual(number) for number in range(30, 0, -1)]


@pytest.mark.parametrize(
    ("monthly", "told"),
    [
        (3100, False),
        # 3000 spent where 2500.6 are expected is 19.97 % over, where 2499.7 are, 20.02 %.
        (2584, False),
        (2583, True),
        (3880, True),
        (3870, False),
        (0, False),
        (None, False),
    ],
)
def test_a_month_off_its_budgets_pace_by_more_than_the_tolerance_is_told(monthly: object, told: bool) -> None:
    budget = AdBudget.model_validate({"monthly": monthly})
    assert found(MARCH, budget=budget) == ([("spend_pace", "2026-03")] if told else [])


def test_pace_says_what_was_spent_what_was_expected_and_of_what() -> None:
    budget = AdBudget(monthly=Decimal(2000))
    (alert,) = alerts_of(MARCH, FRESH, budget, NOW, TODAY)
    assert (
        alert.detail == "3000.00 spent through 2026-03-30, 55 % over the 1935.48 that a budget of 2000.00 has by then"
    )


def test_pace_stops_at_the_first_day_that_is_not_known_and_is_not_judged_in_a_months_first_days() -> None:
    budget = AdBudget(monthly=Decimal(500))
    unknown = [replace(day, ad_spend=None) if day.day == date(2026, 3, 5) else day for day in MARCH]
    assert pace_of(budget, ((day.day, day.ad_spend) for day in unknown), TODAY) is None
    assert pace_of(budget, ((day.day, day.ad_spend) for day in MARCH), date(2026, 3, 5)) is None
    fifth = pace_of(budget, ((day.day, day.ad_spend) for day in MARCH), date(2026, 3, 6))
    assert fifth == Pace(date(2026, 3, 5), Decimal(500), Decimal(500) * (Decimal(5) / 31), Decimal(500))


def test_on_the_first_of_a_month_the_month_before_is_judged_to_its_end() -> None:
    budget = AdBudget(monthly=Decimal(100))
    whole = [*MARCH, usual(0)]
    pace = pace_of(budget, ((day.day, day.ad_spend) for day in whole), date(2026, 4, 1))
    assert pace is not None
    assert (pace.through, pace.spent, pace.expected) == (date(2026, 3, 31), Decimal(3100), Decimal(100))
