"""What a tenant file says of formulas and costs: read, refused by name, and in force by day."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from include.metrics.preferences import FormulaPreferences, preset
from include.pnl.cost_settings import CostSettings, OperatingCost
from include.tenants.differences import differences
from include.tenants.record import record_of_file
from include.tenants.settings import AttributionSettings
from include.tenants.tenant import FROM_THE_BEGINNING, InForce, SettingsFrom, Tenant
from tests.unit.tenants.test_reading import ACME, faults, read_tenant_files, write

REST = (
    "{layer: rest, kinds: [shipping_charged, other_charges, fulfilment, payment_fees, ad_spend, operating_costs,"
    " tax_collected]}"
)
NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


def test_a_preset_sets_what_the_file_leaves_out_and_the_file_wins(tmp_path: Path) -> None:
    write(tmp_path, ACME + "formulas: [{preset: triple_whale_like, waterfall: polar}, {from: 2026-03-01}]\n")
    (tenant,) = read_tenant_files(tmp_path)
    first, second = (entry.settings() for entry in tenant.formulas)
    assert first == preset("triple_whale_like").model_copy(update={"waterfall": "polar"})
    assert second == FormulaPreferences()


@pytest.mark.parametrize(
    ("added", "line"),
    [
        (
            "formulas: [{refund_recognition: refund_day}]",
            "formulas[0].refund_recognition: must be refund_date or order_date, got 'refund_day';"
            " did you mean refund_date?",
        ),
        (
            "formulas: [{preset: shopify}]",
            "formulas[0].preset: must be shopify_finance, triple_whale_like or accounting, got 'shopify';"
            " did you mean shopify_finance?",
        ),
        (
            "formulas: [{refund_recogniton: order_date}]",
            "formulas[0].refund_recogniton: unknown field; did you mean refund_recognition?",
        ),
        (
            "formulas: [{waterfall: custom}]",
            "formulas[0].waterfall_layers: must be given with waterfall: custom, and only with it, got ()",
        ),
        (
            f"formulas: [{{waterfall: custom, waterfall_layers: [{{layer: net_profit, kinds: [cogs]}}, {REST}]}}]",
            "formulas[0].waterfall_layers: must have net_profit last or not at all, got [{'layer': 'net_profit',"
            " 'kinds': ['cogs']}, {'layer': 'rest...",
        ),
        (
            "formulas: [{ltv_horizons: [90, 30]}]",
            "formulas[0].ltv_horizons: must be ascending days, each once, got [90, 30]",
        ),
        (
            "formulas: [{missing_cost_policy: default_percent}]",
            "formulas[0].missing_cost_policy: is default_percent; give cogs a default_percent, or choose"
            " exclude or zero",
        ),
        (
            "formulas: [{}, {preset: accounting}]",
            "formulas[1].from: is missing; only the first entry holds from the beginning",
        ),
        (
            "costs: [{payment_rates: [{gateway: card, percent: 290}]}]",
            "costs[0].payment_rates[0].percent: must be between 0 and 100, got 290",
        ),
        (
            "costs: [{payment_rates: [{gateway: card, percent: two}]}]",
            "costs[0].payment_rates[0].percent: must be a number, got 'two'",
        ),
        (
            "costs: [{payment_rates: [{gateway: card, percent: 1.1234567}]}]",
            "costs[0].payment_rates[0].percent: must have at most 6 decimals, got 1.1234567",
        ),
        (
            "costs: [{payment_rates: [{gateway: a, percent: 1}, {gateway: a, percent: 2}]}]",
            "costs[0].payment_rates: must name each gateway once, a is there twice, got [{'gateway': 'a',"
            " 'percent': 1}, {'gateway': 'a', 'percent':...",
        ),
        (
            "costs: [{fulfilment: {per_ordr: 4}}]",
            "costs[0].fulfilment.per_order: is missing",
        ),
        (
            "cogs: [{source: sheet}]",
            "cogs[0].source: must be shopify or internal, got 'sheet'",
        ),
        (
            "operating_costs: [{name: rent, amount: -1, per: month}]",
            "operating_costs[0].amount: must be between 0 and 1e+12, got -1",
        ),
        (
            "operating_costs: [{name: agency, amount: 500, per: net_sales_percent}]",
            "operating_costs[0].amount: must be between 0 and 100 per cent, got 500",
        ),
        (
            "operating_costs: [{name: rent, amount: 1, per: week}]",
            "operating_costs[0].per: must be day, month, year, order or net_sales_percent, got 'week'",
        ),
        (
            "operating_costs: [{name: rent, amount: 1, per: day, from: 2026-03-02, until: 2026-03-02}]",
            "operating_costs[0].until: must be after from, 2026-03-02, got 2026-03-02",
        ),
        (
            "operating_costs: [{name: ads, kind: marketing, amount: 1, per: order}]",
            "operating_costs[0].per: must be day, month or year for a cost of kind marketing",
        ),
    ],
)
def test_an_invalid_preference_or_cost_is_refused_by_the_name_of_its_field(
    tmp_path: Path, added: str, line: str
) -> None:
    assert f"acme.yaml: {line}" in faults(tmp_path, f"{ACME}{added}\n")


def test_numbers_written_in_other_ways_are_equal_settings(tmp_path: Path) -> None:
    versions = set()
    for percent in ("2.90", "2.9", "'2.9'", "29e-1"):
        write(tmp_path, f"{ACME}costs: [{{payment_rates: [{{gateway: card, percent: {percent}}}]}}]\n")
        (tenant,) = read_tenant_files(tmp_path)
        versions.add(tenant.costs[0].settings().version())
    assert len(versions) == 1


def test_a_change_of_the_past_says_from_which_day_and_how_to_restate(tmp_path: Path) -> None:
    records = []
    for amount in ("100", "120"):
        costs = f"operating_costs: [{{name: rent, amount: {amount}, per: month, from: 2026-03-01}}]\n"
        write(tmp_path, ACME + costs)
        records.append(record_of_file(read_tenant_files(tmp_path)[0]))
    (change,) = differences(*records, NOW)
    assert (change.what, change.old, change.new) == ("operating_costs rent 2026-03-01: amount", "100", "120")
    assert change.note.startswith("applies to days from 2026-03-01; run aggregate_daily_metrics and generate_daily_pnl")


def a_tenant() -> Tenant:
    return Tenant(
        tenant_id=7,
        slug="acme",
        name="Acme",
        status="active",
        timezone="Pacific/Kiritimati",
        currency="USD",
        db_conn_id="analytics_db",
        settings_history=(SettingsFrom(FROM_THE_BEGINNING, AttributionSettings()),),
    )


def test_a_day_has_the_settings_in_force_at_its_start_in_the_tenants_zone() -> None:
    since = datetime(2026, 3, 9, 10, tzinfo=UTC)  # 2026-03-10 begins on Kiritimati
    tenant = replace(
        a_tenant(),
        formula_history=(
            InForce(FROM_THE_BEGINNING, FormulaPreferences()),
            InForce(since, preset("accounting")),
        ),
    )
    assert tenant.formulas_on(date(2026, 3, 9)) == FormulaPreferences()
    assert tenant.formulas_on(date(2026, 3, 10)) == preset("accounting")
    assert [(first, end) for first, end, _ in tenant.formulas_between(date(2026, 3, 8), date(2026, 3, 12))] == [
        (date(2026, 3, 8), date(2026, 3, 10)),
        (date(2026, 3, 10), date(2026, 3, 12)),
    ]


def test_without_a_word_formulas_are_shopifys_and_costs_are_unknown() -> None:
    assert a_tenant().formulas_on(date(2026, 3, 9)) == FormulaPreferences()
    assert a_tenant().costs_on(date(2026, 3, 9)) == CostSettings()


def test_marketing_costs_of_a_day_are_its_share_of_the_period_in_major_units() -> None:
    costs = (
        OperatingCost("magazine", "marketing", Decimal(310), "month", date(2026, 3, 1)),
        OperatingCost("rent", "fixed", Decimal(310), "month", date(2026, 3, 1)),
    )
    tenant = replace(a_tenant(), operating_costs=costs)
    assert tenant.marketing_costs_on(date(2026, 3, 9)) == Decimal("10.00")
    assert tenant.marketing_costs_on(date(2026, 2, 28)) == 0


@pytest.mark.parametrize("name", ["cogs", "net_sales", "gross_sales", "sales_without_cost", "tax_owed"])
def test_a_layer_that_is_called_like_a_line_is_refused_by_the_name_of_its_field(tmp_path: Path, name: str) -> None:
    layers = f"waterfall_layers: [{{layer: {name}, kinds: [cogs]}}, {REST}]"
    (fault,) = faults(tmp_path, f"{ACME}formulas: [{{waterfall: custom, {layers}}}]\n")
    refusal = f"formulas[0].waterfall_layers: must not name a layer {name}: that is a line of its own, got "
    assert fault.startswith(f"acme.yaml: {refusal}")
