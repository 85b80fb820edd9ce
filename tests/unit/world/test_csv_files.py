"""The CSV files have the columns of the import, the same bytes every time, and what was known by then."""

import csv
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from include.errors import InvalidInput
from include.money import to_minor_units
from sandbox.world import World, generate
from sandbox.world.__main__ import main
from sandbox.world.csv_files import write_orders_csv, write_shop_totals_csv, write_touchpoints_csv
from sandbox.world.local_time import NEVER, instant_us
from sandbox.world.profiles import DEMO_END, DEMO_NOW, DEMO_START, SAKURA_GOODS, scaled

TOUCHPOINTS = [
    "visitor_id",
    "occurred_at",
    "touch_id",
    "customer_id",
    "type",
    "channel",
    "source",
    "medium",
    "campaign",
    "content",
    "term",
    "utm_id",
    "gclid",
    "gbraid",
    "wbraid",
    "fbclid",
    "ttclid",
    "landing_page",
    "referrer",
    "consent",
]
ORDERS = [
    "order_id",
    "placed_at",
    "currency",
    "total",
    "customer_id",
    "visitor_id",
    "financial_status",
    "test",
    "cancelled_at",
]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def touches(world: World, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    path = tmp_path_factory.mktemp("world") / "touchpoints.csv"
    assert write_touchpoints_csv(world, path, DEMO_NOW) == len(world.as_of(DEMO_NOW).touches)
    return _rows(path)


@pytest.fixture(scope="module")
def orders(world: World, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    path = tmp_path_factory.mktemp("world") / "orders.csv"
    assert write_orders_csv(world, path, DEMO_NOW) == len(world.as_of(DEMO_NOW).orders.order)
    return _rows(path)


def test_the_columns_are_those_of_the_import(touches: list[dict[str, str]], orders: list[dict[str, str]]) -> None:
    assert list(touches[0]) == TOUCHPOINTS
    assert list(orders[0]) == ORDERS


def test_orders_carry_their_total_in_major_units_and_their_state(world: World, orders: list[dict[str, str]]) -> None:
    state = world.as_of(DEMO_NOW).orders
    assert [to_minor_units(row["total"], "USD") for row in orders] == state.total_minor.tolist()
    assert {row["currency"] for row in orders} == {"USD"}
    assert {row["financial_status"] for row in orders} == {
        "pending", "paid", "partially_refunded", "refunded", "voided"
    }  # fmt: skip
    assert {row["test"] for row in orders} == {"true", "false"}
    assert sum(bool(row["cancelled_at"]) for row in orders) == np.count_nonzero(state.cancelled_at != NEVER)
    assert len({row["order_id"] for row in orders}) == len(orders)


def test_yen_have_no_decimals(tmp_path: Path) -> None:
    world = generate(scaled(SAKURA_GOODS, 0.05), 7, DEMO_START, DEMO_END)
    write_orders_csv(world, tmp_path / "orders.csv", DEMO_NOW)
    totals = [row["total"] for row in _rows(tmp_path / "orders.csv")]
    assert totals == [str(total) for total in world.as_of(DEMO_NOW).orders.total_minor]


def test_times_are_iso_8601_in_utc(touches: list[dict[str, str]], orders: list[dict[str, str]], world: World) -> None:
    state = world.as_of(DEMO_NOW)
    assert [instant_us(datetime.fromisoformat(row["occurred_at"])) for row in touches] == (
        state.touches.occurred_at.tolist()
    )
    assert [instant_us(datetime.fromisoformat(row["placed_at"])) for row in orders] == (
        world.orders.placed_at[state.orders.order].tolist()
    )
    assert all(row["occurred_at"].endswith("Z") for row in touches)


def test_touch_ids_are_unique_and_ids_join_touches_to_orders(
    touches: list[dict[str, str]], orders: list[dict[str, str]]
) -> None:
    assert len({row["touch_id"] for row in touches}) == len(touches)
    visitors = {row["visitor_id"] for row in touches}
    bought = [row["visitor_id"] for row in orders if row["visitor_id"]]
    assert sum(visitor in visitors for visitor in bought) > 0.9 * len(bought)
    customers = {row["customer_id"] for row in orders if row["customer_id"]}
    assert customers & {row["customer_id"] for row in touches}


def test_a_touch_carries_at_most_one_click_id_and_none_without_consent(touches: list[dict[str, str]]) -> None:
    names = ("gclid", "gbraid", "wbraid", "fbclid", "ttclid")
    for row in touches:
        carried = [row[name] for name in names if row[name]]
        assert len(carried) <= (row["consent"] != "denied")
    assert all(any(row[name] for row in touches) for name in names)


def test_two_clicks_never_share_a_click_id_unless_one_was_recorded_twice(
    world: World, touches: list[dict[str, str]]
) -> None:
    known = world.as_of(DEMO_NOW).touches
    clicks: dict[str, set[int]] = {}
    for row, click in zip(touches, known.click.tolist(), strict=True):
        for name in ("gclid", "fbclid", "ttclid"):
            if row[name]:
                clicks.setdefault(row[name], set()).add(click)
    assert all(len(found) == 1 for found in clicks.values())


def test_the_same_seed_gives_the_same_bytes(world: World, tmp_path: Path) -> None:
    again = generate(world.shop, world.seed, world.start, world.end)
    for name, one in (("first", world), ("second", again)):
        write_touchpoints_csv(one, tmp_path / name / "touchpoints.csv", DEMO_NOW)
        write_orders_csv(one, tmp_path / name / "orders.csv", DEMO_NOW)
        write_shop_totals_csv([one.as_of(DEMO_NOW)], tmp_path / name / "shop_totals.csv")
    for file in ("touchpoints.csv", "orders.csv", "shop_totals.csv"):
        assert (tmp_path / "first" / file).read_bytes() == (tmp_path / "second" / file).read_bytes()


def test_a_later_touchpoints_file_begins_with_the_earlier_one(world: World, tmp_path: Path) -> None:
    for days in (0, 1):
        write_touchpoints_csv(world, tmp_path / f"{days}.csv", DEMO_NOW + timedelta(days=days))
    today, tomorrow = ((tmp_path / f"{days}.csv").read_bytes() for days in (0, 1))
    assert tomorrow.startswith(today)
    assert len(tomorrow) > len(today)


def test_orders_since_an_instant_bring_an_earlier_file_up_to_date(world: World, tmp_path: Path) -> None:
    then, now = DEMO_NOW - timedelta(days=3), DEMO_NOW
    write_orders_csv(world, tmp_path / "then.csv", then)
    write_orders_csv(world, tmp_path / "since.csv", now, since=then)
    write_orders_csv(world, tmp_path / "now.csv", now)
    old, changes, new = (
        {row["order_id"]: row for row in _rows(tmp_path / f"{name}.csv")} for name in ("then", "since", "now")
    )
    assert len(changes) < len(new) / 5
    assert old | changes == new
    assert old.keys() & changes.keys()


def test_since_without_a_time_zone_is_refused(world: World, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="has no time zone"):
        write_orders_csv(world, tmp_path / "orders.csv", DEMO_NOW, since=DEMO_NOW.replace(tzinfo=None))


def test_a_shop_nobody_visited_yet_still_gets_files_with_headers(world: World, tmp_path: Path) -> None:
    long_ago = DEMO_NOW - timedelta(days=900)
    assert write_touchpoints_csv(world, tmp_path / "touchpoints.csv", long_ago) == 0
    assert write_orders_csv(world, tmp_path / "orders.csv", long_ago) == 0
    assert (tmp_path / "touchpoints.csv").read_text() == ",".join(TOUCHPOINTS) + "\n"
    assert (tmp_path / "orders.csv").read_text() == ",".join(ORDERS) + "\n"


def test_the_command_writes_the_three_shops_and_their_books(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--out", str(tmp_path), "--as-of", "2026-03-31T12:00:00Z", "--scale", "0.02"]) == 0
    slugs = ["maison-lumiere", "northwind-outdoor", "sakura-goods"]
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == slugs
    assert len(capsys.readouterr().out.splitlines()) == 3
    books = _rows(tmp_path / "shop_totals.csv")
    assert {row["slug"] for row in books} == set(slugs)
    sold = sum(int(row["orders"]) for row in books if row["slug"] == "sakura-goods")
    paid = [
        row
        for row in _rows(tmp_path / "sakura-goods" / "orders.csv")
        if row["test"] == "false" and row["financial_status"] not in ("pending", "voided")
    ]
    assert sold == len(paid)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--as-of", "yesterday"], "--as-of 'yesterday' is not ISO 8601"),
        (["--scale", "0"], "--scale 0.0 must be above 0"),
        (["--scale", "nan"], "--scale nan must be above 0"),
        (["--webhooks-since", "noon"], "--webhooks-since 'noon' is not ISO 8601"),
        (["--seed", "-1"], "--seed -1 not below 0"),
    ],
)
def test_a_bad_argument_gets_one_line_that_names_it(
    arguments: list[str], named: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--out", str(tmp_path), *arguments]) == 2
    assert named in capsys.readouterr().err
