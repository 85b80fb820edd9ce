"""Spend in small: three kills at every point; and that a torn account is seen."""

from collections import Counter
from concurrent.futures import ProcessPoolExecutor

import pytest

from tests.chaos import spend
from tests.chaos.shop import Ground

KILLS = 3
SEED = 11


@pytest.fixture(scope="module")
def filled(ground: Ground) -> Ground:
    spend.fill(ground)
    return ground


def test_a_sync_killed_between_pages_leaves_the_stored_days_whole_and_its_retry_makes_them_right(
    filled: Ground, lanes: ProcessPoolExecutor
) -> None:
    rows = spend.kill_series(filled, lanes, spend.all_series(filled, lanes), KILLS, SEED)
    assert {row.point for row in rows} == set(spend.POINTS)
    assert all(row.kills >= KILLS and row.retries >= KILLS for row in rows), rows
    assert [row for row in rows if not row.clean] == []


def test_an_account_that_is_half_of_each_night_is_torn() -> None:
    old = {"account": Counter(["100"]), "campaign": Counter(["60", "40"]), "ad": Counter(["1"])}
    new = {"account": Counter(["90"]), "campaign": Counter(["50", "40"]), "ad": Counter(["2"])}
    assert list(spend.torn(old, old, new)) == list(spend.torn(new, old, new)) == []
    assert list(spend.torn({**old, "ad": new["ad"]}, old, new)) == []
    assert list(spend.torn({**old, "account": new["account"]}, old, new)) == [
        "account/campaign/residual is torn between two nights"
    ]
    assert list(spend.torn({**old, "ad": Counter()}, old, new)) == ["ad is torn between two nights"]
