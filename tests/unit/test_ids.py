"""Ids are stable across machines and loads; these values are stored in deployments and may never change."""

from hypothesis import given
from hypothesis import strategies as st

from include.ids import stable_id, tenant_id_of


def test_an_id_is_the_same_on_every_machine() -> None:
    assert stable_id(7, "order", "1001") == 8793868986800859462
    assert tenant_id_of("northwind-outdoor") == stable_id("tenant", "northwind-outdoor")


def test_parts_do_not_run_into_each_other() -> None:
    assert stable_id("a", "bc") != stable_id("ab", "c")


@given(st.lists(st.text(), min_size=1))
def test_an_id_fits_a_positive_bigint(parts: list[str]) -> None:
    assert 0 < stable_id(*parts) < 2**63
