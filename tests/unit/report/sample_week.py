"""A week of a made-up shop, as the report reads it."""

from datetime import date, timedelta
from decimal import Decimal

from include.report.week import MODELS, Channel, Cohort, Day, Delivery, Figure, ProfitLine, Week

MONDAY = date(2026, 3, 23)


def figure(value: str | None, previous: str, unit: str, incomplete: str | None = None) -> Figure:
    now, before = None if value is None else Decimal(value), Decimal(previous)
    return Figure(now, before, None if now is None else now / before - 1, before, unit, incomplete)


def line(name: str, minor: int | None, *, subtotal: bool = False, incomplete: str | None = None) -> ProfitLine:
    return ProfitLine(name, subtotal, minor, minor, Decimal("0.93") if name == "cogs" else Decimal(1), incomplete)


def channel(name: str, minor: int, spend: int | None = None, *, before: int = 0, incomplete: bool = False) -> Channel:
    revenue = {model: minor + place for place, model in enumerate(MODELS[:5])}
    previous = dict.fromkeys(revenue, before)
    return Channel(name, revenue, previous, dict.fromkeys(revenue, Decimal("1.5")), spend, incomplete)


def days(first: date) -> list[Day]:
    return [Day(first + timedelta(days=number), Decimal(100 + number), {}) for number in range(7)]


SAMPLE = Week(
    name="Maison <Lumière>",
    currency="EUR",
    monday=MONDAY,
    model="last_touch",
    clock="conversion",
    is_final=False,
    figures={
        "net_sales": figure("48213.42", "40000", "money"),
        "orders": figure("612", "600", "orders"),
        "ad_spend": figure(None, "7421", "money", "meta: no spend stored"),
        "return_rate": figure("0.08", "0.04", "share"),
        "mer": figure("5.2866", "5.64", "ratio"),
        "unattributed_share": figure("0.124", "0.13", "share"),
    },
    days=[*days(MONDAY)[:4], Day(MONDAY + timedelta(days=4), None, {"ad_spend": "meta: no spend stored"})],
    previous_days=days(MONDAY - timedelta(days=7)),
    channels=[
        channel("Paid Social", 500_000, 100_000, before=300_000),
        channel("Email & <i>friends</i>", 200_000, before=350_000),
        channel("Paid Search", 10_000, None, incomplete=True),
        channel("(unattributed)", 90_000),
    ],
    profit=[
        line("gross_sales", 5_000_000),
        line("cogs", -1_000_000),
        line("CM1", 4_000_000, subtotal=True),
        line("ad_spend", None, incomplete="2026-03-27: no spend stored"),
        line("net_profit", None, subtotal=True, incomplete="2026-03-27: no spend stored"),
    ],
    cohorts=[
        Cohort(date(2026, 1, 1), 210, {30: Decimal("41.2"), 60: Decimal(52), 90: None}, Decimal(20)),
        Cohort(date(2026, 2, 1), 220, {30: Decimal(40), 60: None, 90: None}, None),
    ],
    deliveries=[
        Delivery("ga4", 100, 100, 0, 0, 0, 3),
        Delivery("meta", 100, 80, 5, 10, 5, 3),
        Delivery("tt", 0, 0, 0, 0, 0, 9),
    ],
    unattributed_reasons={"no_touchpoint": 60, "consent_denied": 16},
    restated_days=3,
    formulas_changed=False,
)
