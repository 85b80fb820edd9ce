"""The catalogue is what docs, columns and quotients are made from."""

from decimal import Decimal

import pytest

from dev.metrics_doc import PAGE, page
from include.metrics.catalogue import DAILY, METRICS, SUMMED, catalogue_version, derived, metric
from include.metrics.preferences import FormulaPreferences
from include.metrics.ratio import quotient


def test_the_page_is_what_the_catalogue_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run make metrics-doc"


def test_every_metric_has_a_name_of_its_own_and_reads_preferences_that_exist() -> None:
    names = [one.name for one in METRICS]
    assert len(set(names)) == len(names)
    for one in METRICS:
        assert set(one.preferences) <= set(FormulaPreferences.model_fields), one.name
        assert metric(one.name) is one


def test_every_quotient_of_a_day_is_made_of_figures_of_a_day() -> None:
    known = {name: Decimal(2) for name in SUMMED}
    for name, value in derived(known, FormulaPreferences()).items():
        assert value is not None, name
    assert {one.name for one in DAILY if one.ratio} == set(derived({}, FormulaPreferences()))


@pytest.mark.parametrize("missing", [None, 0, -1])
def test_a_denominator_that_is_not_known_or_not_positive_gives_nothing_never_zero_or_infinity(
    missing: int | None,
) -> None:
    assert quotient(Decimal(3), missing) is None
    figures = dict.fromkeys(SUMMED, Decimal(3)) | {"ad_spend": missing}
    made = derived(figures, FormulaPreferences())
    assert [made[name] for name in ("roas", "mer", "amer")] == [None, None, None]
    assert made["aov"] == 1


def test_a_figure_that_is_not_known_gives_nothing() -> None:
    assert quotient(None, Decimal(3)) is None


def test_quotients_are_rounded_once_half_to_even() -> None:
    assert quotient(2, 3) == Decimal("0.666667")
    assert quotient(Decimal("0.0000005"), 1) == Decimal("0.000000")
    assert quotient(5, 2, 1000) == Decimal(2500)


@pytest.mark.parametrize(
    ("basis", "roas"), [("gross", 10), ("after_discounts", 9), ("order", 12), ("net", 8), ("total", 11)]
)
def test_roas_is_of_the_revenue_that_the_tenant_chose(basis: str, roas: int) -> None:
    figures = {
        "gross": 10, "after_discounts": 9, "order_value": 12, "net_sales": 8, "total_sales": 11, "ad_spend": 1
    }  # fmt: skip
    chosen = FormulaPreferences.model_validate({"roas_revenue_basis": basis})
    assert derived(figures, chosen)["roas"] == roas


def test_mer_is_turned_over_where_the_tenant_reads_it_as_spend_over_revenue_and_roas_never() -> None:
    figures = {"net_sales": 8, "ad_spend": 2}
    turned = FormulaPreferences(mer_orientation="spend_over_revenue")
    assert derived(figures, FormulaPreferences())["mer"] == 4
    assert derived(figures, turned)["mer"] == Decimal("0.25")
    assert derived(figures, turned)["roas"] == 4


def test_cac_is_per_customer_or_per_first_order() -> None:
    figures = {"cac_spend": 60, "new_customers": 3, "new_customer_orders": 4}
    assert derived(figures, FormulaPreferences())["cac"] == 20
    assert derived(figures, FormulaPreferences(cac_denominator="orders"))["cac"] == 15


def test_another_formula_is_another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    before = catalogue_version()
    monkeypatch.setattr("include.metrics.catalogue.METRICS", METRICS[1:])
    assert catalogue_version() != before
