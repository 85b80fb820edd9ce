"""A tenant's figures are the same bytes whether it is alone in the database or among fifty others."""

from datetime import UTC, date, datetime, timedelta

from tests.integration.conftest import Database
from tests.integration.metrics.measured_shop import MeasuredShop, Piece, measured_shop

OTHERS = 50
FIRST, LAST = date(2026, 4, 1), date(2026, 4, 15)
_TABLES = (
    "metrics_daily",
    "metrics_hourly",
    "attribution_metrics_daily",
    "metrics_weekly",
    "metrics_cohorts",
    "pnl_daily",
)
_OPENED = datetime(2026, 4, 2, 9, tzinfo=UTC)


def trade(shop: MeasuredShop, seed: int) -> None:
    """Let a shop sell, refund, spend and be credited; sums that floats would round in their own order among them."""
    for number in range(4):
        at = _OPENED + timedelta(hours=31 * number + seed % 5)
        for place in range(3):
            channel = ("Email", "Paid Social", "Direct")[(place + seed) % 3]
            shop.touch(f"touch-{number}-{place}", f"visitor-{number}", at - timedelta(hours=7 * place + 1), channel)
        pieces = [Piece(1999 + 7 * seed, 3, 333, tax=101)]
        shop.sell(f"order-{number}", at, pieces, shipping=77, visitor=f"visitor-{number}")
    shop.refund("refund", "order-1", _OPENED + timedelta(days=4), [(0, 1, 1888, 33)])
    shop.spend(date(2026, 4, 3), f"{31 + seed}.37")
    shop.credit()


def measure(shop: MeasuredShop) -> None:
    shop.roll_up()
    shop.aggregate(FIRST, LAST)
    shop.channels(FIRST, LAST)
    shop.summarise()


def rows(shop: MeasuredShop) -> dict[str, list[str]]:
    """Return every stored figure as text, in order."""
    return {
        table: [
            row["stored"]
            for row in shop.query(
                f"select stored::text as stored from analytics.{table} as stored"
                " where tenant_id = %(tenant_id)s order by stored::text"
            )
        ]
        for table in _TABLES
    }


def test_a_tenants_figures_are_byte_equal_alone_and_among_fifty_others(
    database: Database, second_database: Database
) -> None:
    alone, among = measured_shop(database, 7), measured_shop(second_database, 7)
    trade(alone, 0)
    measure(alone)
    others = [measured_shop(second_database, 100 + number) for number in range(OTHERS)]
    for number, other in enumerate(others):
        # As many before as after the tenant itself, and the ids of none are its own.
        if number == OTHERS // 2:
            trade(among, 0)
        trade(other, number + 1)
    for other in others[:3]:
        measure(other)
    measure(among)
    for other in others[3:6]:
        measure(other)
    figures = rows(alone)
    assert all(figures[table] for table in _TABLES)
    assert rows(among) == figures
