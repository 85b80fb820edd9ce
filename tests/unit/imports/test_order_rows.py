"""One row of an orders CSV: the staged order, and every reason for which there is none."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.errors import InvalidInput
from include.imports.order_rows import COLUMNS, parse_order
from include.money import MAX_MINOR_UNITS
from include.orders.stages import ORDER_SCHEMA
from include.tenants.settings import AttributionSettings
from include.tenants.tenant import FROM_THE_BEGINNING, SettingsFrom, Tenant

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
HISTORY = (SettingsFrom(FROM_THE_BEGINNING, AttributionSettings()),)
SHOP = Tenant(7, "shop", "Shop", "active", "Europe/Paris", "EUR", "analytics_db", HISTORY)
ORDER = {"order_id": "1001", "placed_at": "2026-03-10T09:30:00+01:00", "currency": "EUR", "total": "19.99"}


def test_a_row_of_the_required_columns_is_a_paid_order_of_nobody() -> None:
    row = parse_order(ORDER, SHOP, NOW)

    assert set(row) | {"line"} == set(ORDER_SCHEMA.names)
    del row["order_id"], row["row_digest"]
    assert row == {
        "external_id": "1001",
        "source": "import",
        "source_name": None,
        "placed_at": datetime(2026, 3, 10, 8, 30, tzinfo=UTC),
        "cancelled_at": None,
        "test": False,
        "financial_status": "paid",
        "customer_id": None,
        "customer_external_id": None,
        "visitor_id": None,
        "visitor_external_id": None,
        "currency": "EUR",
        "total_minor": 1999,
    }


@pytest.mark.parametrize(
    ("fields", "column", "value"),
    [
        ({"currency": "JPY", "total": "500"}, "total_minor", 500),
        ({"currency": "KWD", "total": "1.234"}, "total_minor", 1234),
        ({"total": "0"}, "total_minor", 0),
        ({"total": "20.10"}, "total_minor", 2010),
        ({"test": "Yes"}, "test", True),
        ({"financial_status": "Partially_Refunded"}, "financial_status", "partially_refunded"),
        ({"cancelled_at": "2026-03-11"}, "cancelled_at", datetime(2026, 3, 11, tzinfo=UTC)),
        ({"customer_id": "c1"}, "customer_external_id", "c1"),
        ({"visitor_id": "v1"}, "visitor_external_id", "v1"),
    ],
)
def test_a_field_is_read_as_documented(fields: dict[str, str], column: str, value: object) -> None:
    assert parse_order({**ORDER, **fields}, SHOP, NOW)[column] == value


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"order_id": ""}, "order_id is empty"),
        ({"placed_at": ""}, "placed_at '' is not ISO 8601"),
        ({"placed_at": "yesterday"}, "placed_at 'yesterday' is not ISO 8601"),
        ({"placed_at": "2026-04-02"}, "placed_at '2026-04-02' lies in the future"),
        ({"cancelled_at": "never"}, "cancelled_at 'never' is not ISO 8601"),
        ({"currency": ""}, "currency '' is not an ISO 4217 code"),
        ({"currency": "eur"}, "currency 'eur' is not an ISO 4217 code"),
        ({"currency": "XAU"}, "currency 'XAU' has no minor units"),
        ({"total": ""}, "amount '' is not a decimal number"),
        ({"total": "1,99"}, "amount '1,99' is not a decimal number"),
        ({"total": "19.999"}, "amount '19.999' has more than 2 decimals of EUR"),
        ({"total": "nan"}, "amount 'nan' is not finite"),
        ({"total": "1e99"}, "amount '1e99' is out of range"),
        ({"total": str(MAX_MINOR_UNITS)}, f"amount '{MAX_MINOR_UNITS}' is larger than any order"),
        ({"total": "-0.01"}, "total '-0.01' is negative; a refund is not an order"),
        ({"test": "maybe"}, "test 'maybe' is neither true nor false"),
        ({"financial_status": "gifted"}, "financial_status 'gifted' is unknown; use one of authorized, expired"),
    ],
)
def test_a_row_that_is_no_order_is_refused_by_field(fields: dict[str, str], reason: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_order({**ORDER, **fields}, SHOP, NOW)

    assert str(refusal.value).startswith(reason)


def test_the_same_instant_in_another_zone_is_the_same_state_and_any_other_field_another() -> None:
    state = parse_order(ORDER, SHOP, NOW)
    edits = [
        {"placed_at": "2026-03-10T09:30:01+01:00"},
        {"total": "20"},
        {"currency": "USD"},
        {"customer_id": "c"},
        {"visitor_id": "c"},
        {"test": "1"},
        {"financial_status": "refunded"},
        {"cancelled_at": "2026-03-11"},
    ]

    assert parse_order({**ORDER, "placed_at": "2026-03-10T08:30:00Z"}, SHOP, NOW) == state
    digests = [parse_order({**ORDER, **edit}, SHOP, NOW)["row_digest"] for edit in edits]
    assert len({state["row_digest"], *digests}) == len(edits) + 1
    assert {parse_order({**ORDER, **edit}, SHOP, NOW)["order_id"] for edit in edits} == {state["order_id"]}


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(st.sampled_from(COLUMNS.known), st.text(min_size=1, max_size=40)), st.booleans())
def test_any_text_is_an_order_or_a_refusal(fields: dict[str, str], complete: bool) -> None:
    fields = {**ORDER, **fields} if complete else fields
    try:
        row, refusal = parse_order(fields, SHOP, NOW), ""
    except InvalidInput as error:
        row, refusal = None, str(error)

    assert row is None or set(row) | {"line"} == set(ORDER_SCHEMA.names)
    assert len(refusal.split("\n")) == 1
