"""How due tenants are split over mapped tasks."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution_airflow.batches import batches_of, label_of

QUARTER_HOUR = timedelta(minutes=15)
DAY = timedelta(days=1)

slug_lists = st.lists(st.from_regex(r"[a-z]{2,8}", fullmatch=True), unique=True, max_size=400)


@given(slug_lists, st.sampled_from([QUARTER_HOUR, DAY]))
def test_every_tenant_is_in_exactly_one_batch_whatever_the_order(slugs: list[str], period: timedelta) -> None:
    batches = batches_of(slugs, period)
    assert sorted(slug for batch in batches for slug in batch) == sorted(slugs)
    assert batches == batches_of(slugs[::-1], period)
    assert all(batches)


@pytest.mark.parametrize(("period", "most"), [(QUARTER_HOUR, 16), (timedelta(minutes=5), 16), (DAY, 200)])
def test_tenants_have_a_task_of_their_own_while_they_fit(period: timedelta, most: int) -> None:
    assert batches_of([f"shop-{index}" for index in range(most)], period) == sorted(
        [f"shop-{index}"] for index in range(most)
    )
    assert len(batches_of([f"shop-{index}" for index in range(5000)], period)) == most


def test_a_tenant_keeps_its_batch_mates_when_others_come_and_go() -> None:
    slugs = [f"shop-{index}" for index in range(100)]
    mates = next(batch for batch in batches_of(slugs, QUARTER_HOUR) if "shop-7" in batch)
    fewer = [slug for slug in slugs if slug in mates or int(slug.removeprefix("shop-")) > 40]
    assert next(batch for batch in batches_of(fewer, QUARTER_HOUR) if "shop-7" in batch) == mates


def test_no_tenants_are_no_batches() -> None:
    assert batches_of([], QUARTER_HOUR) == []


@pytest.mark.parametrize(
    ("slugs", "label"),
    [
        (["acme"], "acme"),
        (["acme", "umbrella"], "acme, umbrella"),
        ([f"shop-number-{index:03}" for index in range(50)], None),
        (["s" * 64, "t" * 64], "s" * 64 + " and 1 more"),
    ],
)
def test_a_label_names_slugs_and_fits_the_column_of_the_metadata_database(slugs: list[str], label: str | None) -> None:
    found = label_of(slugs)
    assert label is None or found == label
    assert found.startswith(slugs[0])
    assert len(found) <= 140
